/**
 * How loud each program of our SoundFont is: LUFS of the same eight notes at velocity 90 (measured;
 * basses two octaves lower). An instrument that takes over a part keeps the part's loudness by it.
 */
import type { Channel } from "../style.ts";

const loudness: Readonly<Record<number, number>> = {
  0: -32.2,
  1: -33.7,
  3: -33.9,
  4: -27.4,
  7: -31.6,
  8: -32,
  9: -30.3,
  10: -27.6,
  11: -30,
  12: -31.3,
  14: -27.8,
  16: -31.7,
  21: -32.6,
  22: -30.4,
  24: -32.3,
  25: -33.7,
  26: -28.1,
  27: -27.7,
  28: -34.8,
  29: -29.1,
  32: -26.7,
  33: -26.6,
  34: -27.4,
  36: -30.5,
  38: -30.1,
  39: -21.2,
  40: -29.5,
  42: -30.6,
  43: -32.9,
  45: -30.4,
  46: -29.8,
  47: -29.4,
  48: -29.8,
  49: -27.3,
  50: -25.9,
  51: -24.9,
  52: -31,
  56: -26.4,
  57: -22.2,
  60: -27.7,
  61: -25.7,
  62: -30.6,
  63: -31.1,
  65: -26.9,
  68: -27.3,
  71: -28.8,
  73: -27.5,
  75: -28.6,
  80: -24.3,
  81: -27.2,
  86: -35.9,
  87: -28.6,
  88: -29.3,
  89: -39,
  90: -32.2,
  92: -27.1,
  95: -25.8,
  97: -32.1,
  104: -30.9,
  105: -29,
  108: -32.5,
  110: -29.6,
  114: -32.1,
};

/** `channel` with another instrument, as loud as before. */
export function withProgram(channel: Channel, program: number): Channel {
  if (channel.program === program) return channel;
  const difference = (loudness[channel.program] ?? -28) - (loudness[program] ?? -28);
  return { ...channel, program, levelDb: channel.levelDb + difference };
}
