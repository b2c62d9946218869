/**
 * True peak as BS.1770-4 annex 2 means it: the signal is looked at with four times the sample rate,
 * by a polyphase Kaiser-windowed sinc of 16 taps a phase.
 */
import type { Stereo } from "../dsp/state.ts";

export const taps = 16;
const phases = 3;
/** A true peak belongs to the sample this many frames before the newest one. */
export const peakDelay = taps / 2;

function bessel0(x: number): number {
  let sum = 1;
  let term = 1;
  for (let k = 1; k < 24; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

/** The taps for the point `part` of a sample after the centre, scaled to unit gain at 0 Hz. */
function fractionalDelay(part: number): number[] {
  const h = Array.from({ length: taps }, (_, k) => {
    const x = k - taps / 2 + 1 - part;
    const window = bessel0(6 * Math.sqrt(Math.max(0, 1 - (x / (taps / 2)) ** 2))) / bessel0(6);
    return (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x)) * window;
  });
  const sum = h.reduce((a, b) => a + b, 0);
  return h.map((value) => value / sum);
}

const filters = [1, 2, 3].map((p) => Float64Array.from(fractionalDelay(p / (phases + 1))));

/** The largest of three points between the samples at `centre` and after it, as an amplitude. */
export function betweenSamples(window: Float32Array, centre: number): number {
  const first = centre - taps / 2 + 1;
  let largest = 0;
  for (let p = 0; p < phases; p++) {
    const h = filters[p]!;
    let sum = 0;
    for (let k = 0; k < taps; k++) sum += window[first + k]! * h[k]!;
    const between = sum < 0 ? -sum : sum;
    if (between > largest) largest = between;
  }
  return largest;
}

/** Measures every point; what mastering uses is quicker (see `survey.ts`) and tested against this. */
export class TruePeakMeter {
  /** The last `taps` samples of each channel, before the current ones. */
  readonly #history = [new Float32Array(taps), new Float32Array(taps)] as const;
  #window = new Float32Array(0);
  #peak = 0;

  /** The largest true peak so far, as an amplitude. */
  get peak(): number {
    return this.#peak;
  }

  /** Takes the next samples. */
  push({ left, right }: Stereo): void {
    this.#channel(this.#history[0], left);
    this.#channel(this.#history[1], right);
  }

  #channel(history: Float32Array, samples: Float32Array): void {
    const frames = samples.length;
    if (this.#window.length < frames + taps) this.#window = new Float32Array(frames + taps);
    const window = this.#window;
    window.set(history);
    window.set(samples, taps);
    let peak = this.#peak;
    for (let i = 0; i < frames; i++) {
      const centre = i + taps - peakDelay;
      peak = Math.max(peak, Math.abs(window[centre]!), betweenSamples(window, centre));
    }
    this.#peak = peak;
    history.set(window.subarray(frames, frames + taps));
  }
}
