/**
 * The waveform for players to draw: lowest and highest sample of each stretch, in the JSON of BBC's
 * audiowaveform (version 2), which wavesurfer.js and peaks.js read.
 */
import { type Stereo, sampleRate } from "../dsp/state.ts";

/** About so many stretches, whatever the length. */
const mostPoints = 1200;
const bits = 8;
const scale = 2 ** (bits - 1) - 1;

export interface Waveform {
  readonly version: 2;
  readonly channels: 1;
  readonly sample_rate: number;
  readonly samples_per_pixel: number;
  readonly bits: number;
  /** Stretches. */
  readonly length: number;
  /** Lowest and highest of each stretch in turn, −128 to 127. */
  readonly data: readonly number[];
}

/** Feed it a signal of a known length in order and read `waveform` at the end. */
export class PeakCollector {
  readonly #stretch: number;
  readonly #data: number[] = [];
  #frames = 0;
  #low = 0;
  #high = 0;

  /** @param frames of the whole signal */
  constructor(frames: number) {
    this.#stretch = Math.max(1, Math.ceil(frames / mostPoints));
  }

  push({ left, right }: Stereo): void {
    for (let i = 0; i < left.length; i++) {
      const l = left[i]!;
      const r = right[i]!;
      const low = Math.min(l, r);
      const high = Math.max(l, r);
      if (low < this.#low) this.#low = low;
      if (high > this.#high) this.#high = high;
      if (++this.#frames === this.#stretch) this.#close();
    }
  }

  waveform(): Waveform {
    if (this.#frames > 0) this.#close();
    return {
      version: 2,
      channels: 1,
      sample_rate: sampleRate,
      samples_per_pixel: this.#stretch,
      bits,
      length: this.#data.length / 2,
      data: this.#data,
    };
  }

  #close(): void {
    const whole = (value: number) => Math.max(-128, Math.min(127, Math.round(value * scale)));
    this.#data.push(whole(this.#low), whole(this.#high));
    this.#low = 0;
    this.#high = 0;
    this.#frames = 0;
  }
}
