/**
 * The one look at the whole premaster that mastering needs: for each span of a few samples its true peak
 * and its K-weighted energy. Any gain can then be tried on these numbers without touching the signal.
 */
import type { Control } from "../control.ts";
import { type Stereo, slice, stereo } from "../dsp/state.ts";
import { kWeighting } from "./loudness.ts";
import { betweenSamples, peakDelay, taps } from "./true-peak.ts";

/** Frames of a span, 1.4 ms; seventy make the 100 ms by which loudness is measured. */
export const spanFrames = 63;
export const spansPerHop = 70;
/** Frames worked on at a time: whole spans. */
const blockFrames = 128 * spanFrames;

export interface Survey {
  readonly frames: number;
  /** True peak of each span, over both channels, as an amplitude. */
  readonly peaks: Float32Array;
  /** Sum of the squares of both channels' K-weighted samples, for each span. */
  readonly energies: Float64Array;
}

/** Reads `signal`, in blocks of any size. @throws Stopped when `control` says so */
export function survey(signal: Iterable<Stereo>, control: Control): Survey {
  const surveyor = new Surveyor();
  for (const block of signal) {
    control.checkpoint("survey");
    surveyor.push(block);
  }
  return surveyor.finish();
}

/** Surveys a signal as it comes. */
export class Surveyor {
  /** What has come in and is not worked on yet. */
  readonly #block = stereo(blockFrames);
  #filled = 0;
  readonly #channels = [new ChannelSurveyor(), new ChannelSurveyor()] as const;
  #peaks = new Float32Array(1 << 14);
  #energies = new Float64Array(1 << 14);
  #frames = 0;

  /** Takes the next samples. */
  push(signal: Stereo): void {
    for (let from = 0; from < signal.left.length; ) {
      const to = Math.min(signal.left.length, from + blockFrames - this.#filled);
      const piece = slice(signal, from, to);
      this.#block.left.set(piece.left, this.#filled);
      this.#block.right.set(piece.right, this.#filled);
      this.#filled += to - from;
      from = to;
      if (this.#filled === blockFrames) this.#work();
    }
  }

  /** What is known before the end; views that hold until the next samples come. */
  known(): Survey {
    // The last span's peak may still grow.
    const spans = Math.max(0, Math.floor(this.#frames / spanFrames) - 1);
    return {
      frames: spans * spanFrames,
      peaks: this.#peaks.subarray(0, spans),
      energies: this.#energies.subarray(0, spans),
    };
  }

  #work(): void {
    const from = this.#frames / spanFrames;
    this.#reserve(from + blockFrames / spanFrames + 1);
    this.#channels[0].push(this.#block.left, from, this.#peaks, this.#energies);
    this.#channels[1].push(this.#block.right, from, this.#peaks, this.#energies);
    this.#frames += this.#filled;
    this.#filled = 0;
  }

  /** The survey of all that came; nothing may come after it. */
  finish(): Survey {
    if (this.#filled > 0) {
      this.#block.left.fill(0, this.#filled);
      this.#block.right.fill(0, this.#filled);
      this.#work();
    }
    // Peaks are found a few samples late: silence brings out the last.
    const at = Math.ceil(this.#frames / blockFrames) * (blockFrames / spanFrames);
    this.#reserve(at + 1);
    for (const channel of this.#channels)
      channel.findPeaks(new Float32Array(taps), at, this.#peaks);
    const spans = Math.ceil(this.#frames / spanFrames);
    return {
      frames: this.#frames,
      peaks: this.#peaks.slice(0, spans),
      energies: this.#energies.slice(0, spans),
    };
  }

  #reserve(spans: number): void {
    if (spans <= this.#peaks.length) return;
    const peaks = new Float32Array(spans * 2);
    const energies = new Float64Array(spans * 2);
    peaks.set(this.#peaks);
    energies.set(this.#energies);
    this.#peaks = peaks;
    this.#energies = energies;
  }
}

class ChannelSurveyor {
  readonly #window = new Float32Array(blockFrames + taps);
  readonly #memory = new Float64Array(4);

  push(samples: Float32Array, span: number, peaks: Float32Array, energies: Float64Array): void {
    this.findPeaks(samples, span, peaks);
    this.#weigh(samples, span, energies);
  }

  /** Sets the peaks of the spans from `span` on, as far as `samples` reach; those come `peakDelay` late. */
  findPeaks(samples: Float32Array, span: number, peaks: Float32Array): void {
    const window = this.#window;
    window.set(samples, taps);
    // The place whose samples lie on both sides is `peakDelay` before the newest: the first few belong
    // to the span before.
    let at = span > 0 ? span - 1 : 0;
    let from = 0;
    let to = Math.min(samples.length, span > 0 ? peakDelay : spanFrames + peakDelay);
    while (from < samples.length) {
      const shift = taps - peakDelay;
      peaks[at] = largestIn(window, from + shift, to + shift, peaks[at]!);
      at++;
      from = to;
      to = Math.min(samples.length, to + spanFrames);
    }
    window.copyWithin(0, samples.length, samples.length + taps);
  }

  #weigh(samples: Float32Array, span: number, energies: Float64Array): void {
    let [a1, a2, b1, b2] = this.#memory as unknown as [number, number, number, number];
    for (let from = 0, at = span; from < samples.length; from += spanFrames, at++) {
      let sum = 0;
      for (let i = from; i < from + spanFrames; i++) {
        const x = samples[i]!;
        const y = shelf.b0 * x + a1;
        a1 = shelf.b1 * x - shelf.a1 * y + a2;
        a2 = shelf.b2 * x - shelf.a2 * y;
        const z = pass.b0 * y + b1;
        b1 = pass.b1 * y - pass.a1 * z + b2;
        b2 = pass.b2 * y - pass.a2 * z;
        sum += z * z;
      }
      energies[at]! += sum;
    }
    const kept = [a1, a2, b1, b2].map((value) => (Math.abs(value) < 1e-15 ? 0 : value));
    this.#memory.set(kept);
  }
}

const [shelf, pass] = kWeighting();

/**
 * The largest of `floor` and the true peaks from one place in the window to another. Between two samples
 * the curve is looked at where it can be higher than all samples: where it turns there, and the samples
 * beside are not far below.
 */
function largestIn(window: Float32Array, from: number, to: number, floor: number): number {
  let largest = floor;
  for (let i = from; i < to; i++) {
    const here = window[i]!;
    if (here > largest) largest = here;
    else if (-here > largest) largest = -here;
  }
  for (let i = from; i < to; i++) {
    const here = window[i]!;
    const after = window[i + 1]!;
    if ((here - window[i - 1]!) * (window[i + 2]! - after) > 0) continue;
    if (Math.max(Math.abs(here), Math.abs(after)) * 2 <= largest) continue;
    const between = betweenSamples(window, i);
    if (between > largest) largest = between;
  }
  return largest;
}
