/** One part's way through the mixer: filters, saturation, ducking, level. */
import { highpass, highShelf, lowpass, StereoBiquad } from "../dsp/biquad.ts";
import { duck } from "../dsp/duck.ts";
import { gainOf, type StateArray, type Stateful, type Stereo } from "../dsp/state.ts";
import { Widener } from "../dsp/width.ts";
import type { Channel } from "../style.ts";

/** Below this a strip counts as silent (−140 dB). */
const silence = 1e-7;

export class Strip implements Stateful {
  readonly channel: Channel;
  readonly #filters: readonly StereoBiquad[];
  readonly #widener: Widener | null;
  readonly #gain: number;
  /** 1 while nothing has come in and nothing rings in the filters. */
  readonly #idle = Int32Array.of(1);

  constructor(channel: Channel) {
    this.channel = channel;
    this.#gain = gainOf(channel.levelDb);
    this.#widener = channel.width === undefined ? null : new Widener(channel.width);
    this.#filters = [
      channel.highpass === undefined ? null : highpass(channel.highpass),
      channel.lowpass === undefined ? null : lowpass(channel.lowpass),
      channel.treble === undefined ? null : highShelf(4000, channel.treble),
    ].flatMap((coefficients) => (coefficients === null ? [] : [new StereoBiquad(coefficients)]));
  }

  get state(): readonly StateArray[] {
    const filters = this.#filters.flatMap((filter) => filter.state);
    return [...filters, ...(this.#widener?.state ?? []), this.#idle];
  }

  /** Processes `block` in place; false when it stays silent. */
  process(block: Stereo, duckDepth: Float32Array): boolean {
    const quietIn = isSilent(block);
    if (quietIn && this.#idle[0] === 1) return false;
    for (const filter of this.#filters) filter.process(block);
    if (this.channel.drive !== undefined) saturate(block, this.channel.drive);
    this.#widener?.process(block);
    if (this.channel.duck !== undefined) duck(block, duckDepth, this.channel.duck);
    scale(block, this.#gain);
    this.#idle[0] = quietIn && isSilent(block) ? 1 : 0;
    return true;
  }
}

function isSilent({ left, right }: Stereo): boolean {
  for (let i = 0; i < left.length; i++) {
    if (Math.abs(left[i]!) > silence || Math.abs(right[i]!) > silence) return false;
  }
  return true;
}

function scale({ left, right }: Stereo, gain: number): void {
  for (let i = 0; i < left.length; i++) {
    left[i]! *= gain;
    right[i]! *= gain;
  }
}

/** A soft, odd curve (a rational approximation of tanh); quiet sounds keep their level. */
function saturate({ left, right }: Stereo, drive: number): void {
  for (const samples of [left, right]) {
    for (let i = 0; i < samples.length; i++) {
      const x = Math.max(-3, Math.min(3, samples[i]! * drive * 4));
      samples[i] = (x * (27 + x * x)) / (27 + 9 * x * x) / (drive * 4);
    }
  }
}
