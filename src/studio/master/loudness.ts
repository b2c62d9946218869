/**
 * Integrated loudness by ITU-R BS.1770-4: K-weighting, mean square over 400 ms blocks that overlap by
 * 75 %, an absolute gate at −70 LUFS and a relative one 10 LU below the mean of what passed it. It
 * keeps one number for each 100 ms, whatever the length.
 */
import { Biquad, type Coefficients } from "../dsp/biquad.ts";
import { type Stereo, sampleRate } from "../dsp/state.ts";

/** Frames of 100 ms. */
const hop = sampleRate / 10;
const hopsPerBlock = 4;
/** The offset of BS.1770 that makes a 997 Hz sine at 0 dBFS on one channel read −3.01 LUFS. */
const offset = -0.691;

/**
 * The two filters of K-weighting at our sample rate: the Recommendation's tables hold for 48 kHz, so
 * they are made anew from the analogue prototypes behind them (as in libebur128, after B. De Man,
 * "Evaluation of implementations of the EBU R128 loudness measurement", 2018).
 */
export function kWeighting(): readonly [Coefficients, Coefficients] {
  const shelfK = Math.tan((Math.PI * 1681.974450955533) / sampleRate);
  const shelfQ = 0.7071752369554196;
  const high = 10 ** (3.999843853973347 / 20);
  const band = high ** 0.4996667741545416;
  const shelfA0 = 1 + shelfK / shelfQ + shelfK ** 2;
  const shelf = {
    b0: (high + (band * shelfK) / shelfQ + shelfK ** 2) / shelfA0,
    b1: (2 * (shelfK ** 2 - high)) / shelfA0,
    b2: (high - (band * shelfK) / shelfQ + shelfK ** 2) / shelfA0,
    a1: (2 * (shelfK ** 2 - 1)) / shelfA0,
    a2: (1 - shelfK / shelfQ + shelfK ** 2) / shelfA0,
  };
  const passK = Math.tan((Math.PI * 38.13547087602444) / sampleRate);
  const passQ = 0.5003270373238773;
  const passA0 = 1 + passK / passQ + passK ** 2;
  const pass = {
    b0: 1,
    b1: -2,
    b2: 1,
    a1: (2 * (passK ** 2 - 1)) / passA0,
    a2: (1 - passK / passQ + passK ** 2) / passA0,
  };
  return [shelf, pass];
}

function loudnessOf(meanSquare: number): number {
  return offset + 10 * Math.log10(meanSquare);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/**
 * LUFS of a signal by its K-weighted energy, both channels summed, in each 100 ms; −Infinity when no
 * block is above −70.
 */
export function integratedLoudness(hops: ArrayLike<number>): number {
  const blocks: number[] = [];
  for (let i = 0; i + hopsPerBlock <= hops.length; i++) {
    const sum = hops[i]! + hops[i + 1]! + hops[i + 2]! + hops[i + 3]!;
    blocks.push(sum / (hop * hopsPerBlock));
  }
  const audible = blocks.filter((power) => loudnessOf(power) > -70);
  if (audible.length === 0) return Number.NEGATIVE_INFINITY;
  const gate = loudnessOf(mean(audible)) - 10;
  return loudnessOf(mean(audible.filter((power) => loudnessOf(power) > gate)));
}

/** Feed it a stereo signal in order and read `integrated` at the end. */
export class LoudnessMeter {
  readonly #filters: readonly (readonly [Biquad, Biquad])[];
  readonly #hops: number[] = [];
  #scratch = new Float32Array(0);
  /** Sums of squares of the hops that the current push touches. */
  #sum = 0;
  #frames = 0;

  constructor() {
    const [shelf, pass] = kWeighting();
    this.#filters = [0, 1].map(() => [new Biquad(shelf), new Biquad(pass)] as const);
  }

  /** Takes the next samples; they are not changed. */
  push({ left, right }: Stereo): void {
    for (let from = 0; from < left.length; ) {
      const to = Math.min(left.length, from + hop - this.#frames);
      this.#sum += this.#energy(0, left.subarray(from, to));
      this.#sum += this.#energy(1, right.subarray(from, to));
      this.#frames += to - from;
      if (this.#frames === hop) {
        this.#hops.push(this.#sum);
        this.#sum = 0;
        this.#frames = 0;
      }
      from = to;
    }
  }

  /** LUFS of all complete blocks so far; −Infinity when there is none above −70. */
  integrated(): number {
    return integratedLoudness(this.#hops);
  }

  #energy(channel: number, samples: Float32Array): number {
    if (this.#scratch.length < samples.length) this.#scratch = new Float32Array(hop);
    const weighted = this.#scratch.subarray(0, samples.length);
    weighted.set(samples);
    const [shelf, pass] = this.#filters[channel]!;
    shelf.process(weighted);
    pass.process(weighted);
    let sum = 0;
    for (let i = 0; i < weighted.length; i++) sum += weighted[i]! * weighted[i]!;
    return sum;
  }
}
