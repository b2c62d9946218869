/**
 * A gentle stereo-linked bus compressor: feed-forward, with the level measured as a smoothed power
 * (Giannoulis, Massberg and Reiss, "Digital dynamic range compressor design", 2012).
 */
import { gainOf, type StateArray, type Stateful, type Stereo, sampleRate } from "./state.ts";

export interface CompressorSettings {
  /** Where it starts to work, in dB of full scale (RMS). */
  readonly thresholdDb: number;
  /** How many dB in give one dB out, at least 1. */
  readonly ratio: number;
  readonly attackSeconds: number;
  readonly releaseSeconds: number;
}

/** The gain is computed once in this many frames and ramped between. */
const step = 16;

function smoothing(seconds: number): number {
  return 1 - Math.exp(-step / (seconds * sampleRate));
}

export class Compressor implements Stateful {
  readonly #threshold: number;
  readonly #exponent: number;
  readonly #attack: number;
  readonly #release: number;
  /** Power, gain. */
  readonly #memory = Float64Array.of(0, 1);

  constructor(settings: CompressorSettings) {
    this.#threshold = gainOf(settings.thresholdDb) ** 2;
    this.#exponent = (1 / settings.ratio - 1) / 2;
    this.#attack = smoothing(settings.attackSeconds);
    this.#release = smoothing(settings.releaseSeconds);
  }

  get state(): readonly StateArray[] {
    return [this.#memory];
  }

  /** Compresses in place, and gives `others` (as long) the same gain. */
  process({ left, right }: Stereo, others: readonly Stereo[] = []): void {
    let power = this.#memory[0]!;
    let gain = this.#memory[1]!;
    for (let from = 0; from < left.length; from += step) {
      const to = Math.min(from + step, left.length);
      let sum = 0;
      for (let i = from; i < to; i++) sum += left[i]! * left[i]! + right[i]! * right[i]!;
      const now = sum / (2 * (to - from));
      power += (now - power) * (now > power ? this.#attack : this.#release);
      const target = power > this.#threshold ? (power / this.#threshold) ** this.#exponent : 1;
      const slope = (target - gain) / (to - from);
      for (const other of others) ramp(other, from, to, gain, slope);
      ramp({ left, right }, from, to, gain, slope);
      gain = target;
    }
    this.#memory[0] = power;
    this.#memory[1] = gain;
  }
}

/** Multiplies frames `from` to `to` by a gain that goes on from `start` by `slope` a frame. */
function ramp(
  { left, right }: Stereo,
  from: number,
  to: number,
  start: number,
  slope: number,
): void {
  let gain = start;
  for (let i = from; i < to; i++) {
    gain += slope;
    left[i]! *= gain;
    right[i]! *= gain;
  }
}
