/** Instruments in a prompt: who plays the tune, and who stays away. */
import type { Channel, Part } from "../style.ts";
import { declines, mentions } from "./text.ts";

/** Words for an instrument that can play the tune, with its General MIDI program. */
export const leadPrograms: Readonly<Record<string, number>> = {
  piano: 0,
  rhodes: 4,
  "electric piano": 4,
  celesta: 8,
  glockenspiel: 9,
  "music box": 10,
  vibraphone: 11,
  vibes: 11,
  marimba: 12,
  guitar: 25,
  "acoustic guitar": 25,
  "nylon guitar": 24,
  "classical guitar": 24,
  "electric guitar": 27,
  "jazz guitar": 26,
  violin: 40,
  violins: 40,
  cello: 42,
  harp: 46,
  trumpet: 56,
  horn: 60,
  "french horn": 60,
  sax: 65,
  saxophone: 65,
  oboe: 68,
  clarinet: 71,
  flute: 73,
  "pan flute": 75,
  kalimba: 108,
  synth: 81,
  synthesizer: 81,
};

/**
 * How loud each program that can play a tune is in our SoundFont: LUFS of the same eight notes at
 * velocity 90 (measured). An instrument that takes over a part keeps the part's loudness by it.
 */
const loudness: Readonly<Record<number, number>> = {
  0: -31.7,
  4: -27.1,
  8: -31.7,
  9: -30.2,
  10: -27.1,
  11: -29.8,
  12: -30.8,
  24: -32.3,
  25: -33.4,
  26: -27.2,
  27: -26.9,
  40: -29.1,
  42: -30.1,
  46: -30.4,
  48: -28.2,
  56: -25.5,
  60: -27.2,
  62: -30.3,
  65: -26,
  68: -26.8,
  71: -27.9,
  73: -26.4,
  75: -27.9,
  80: -23.6,
  81: -26.4,
  92: -26.9,
  108: -31.6,
};

/** `channel` with another instrument, as loud as before. */
export function withProgram(channel: Channel, program: number): Channel {
  const difference = (loudness[channel.program] ?? -28) - (loudness[program] ?? -28);
  return { ...channel, program, levelDb: channel.levelDb + difference };
}

const drumWords = ["drums", "drum", "percussion", "beat", "beats"];

/** The program of a wanted instrument, that with the longest name if there are several; null for none. */
export function readLead(text: string): number | null {
  const names = Object.keys(leadPrograms).sort((a, b) => b.length - a.length);
  const name = names.find((word) => mentions(text, word) && !declines(text, word));
  return name === undefined ? null : leadPrograms[name]!;
}

/** Whether the text asks for music without drums, without bass, without a tune. */
export function declinedRoles(text: string): Set<Part["role"]> {
  const roles = new Set<Part["role"]>();
  if (drumWords.some((word) => declines(text, word))) roles.add("drums");
  if (["drumless", "beatless"].some((word) => mentions(text, word))) roles.add("drums");
  if (declines(text, "bass")) roles.add("bass");
  if (declines(text, "melody") || declines(text, "lead")) roles.add("melody");
  return roles;
}
