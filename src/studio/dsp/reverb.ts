/**
 * A feedback delay network: eight delay lines that feed each other through a Householder matrix, each
 * with a damping low-pass (Jot and Chaigne, "Digital delay networks for designing artificial
 * reverberators", 1991). Four all-passes a channel diffuse the input first.
 */
import { type StateArray, type Stateful, type Stereo, sampleRate } from "./state.ts";

export interface ReverbSettings {
  /** Time until the tail is 60 dB down, in seconds. */
  readonly seconds: number;
  /** How much of the high end each round loses, from 0 (bright) to 1 (dark). */
  readonly damping: number;
  /** Time until the first reflection, in seconds. */
  readonly predelay: number;
}

/** Mutually prime lengths in samples, 28 to 79 ms. */
const lineLengths = [1231, 1427, 1693, 1949, 2287, 2593, 3011, 3499];
const diffuserLengths = [
  [149, 211, 293, 401],
  [157, 223, 307, 419],
] as const;
const diffusion = 0.62;
const lineCount = lineLengths.length;

/** A Schroeder all-pass. */
class Diffuser implements Stateful {
  readonly #line: Float32Array;
  readonly #at = new Int32Array(1);

  constructor(length: number) {
    this.#line = new Float32Array(length);
  }

  get state(): readonly StateArray[] {
    return [this.#line, this.#at];
  }

  process(samples: Float32Array): void {
    const line = this.#line;
    let at = this.#at[0]!;
    for (let i = 0; i < samples.length; i++) {
      const delayed = line[at]!;
      const inner = samples[i]! + diffusion * delayed;
      samples[i] = delayed - diffusion * inner;
      line[at] = inner;
      if (++at === line.length) at = 0;
    }
    this.#at[0] = at;
  }
}

/** Delays both channels by a fixed time. */
class Predelay implements Stateful {
  readonly #lines: readonly [Float32Array, Float32Array];
  readonly #at = new Int32Array(1);

  constructor(seconds: number) {
    const frames = Math.max(1, Math.round(seconds * sampleRate));
    this.#lines = [new Float32Array(frames), new Float32Array(frames)];
  }

  get state(): readonly StateArray[] {
    return [...this.#lines, this.#at];
  }

  process({ left, right }: Stereo): void {
    const [lineLeft, lineRight] = this.#lines;
    let at = this.#at[0]!;
    for (let i = 0; i < left.length; i++) {
      const l = lineLeft[at]!;
      const r = lineRight[at]!;
      lineLeft[at] = left[i]!;
      lineRight[at] = right[i]!;
      left[i] = l;
      right[i] = r;
      if (++at === lineLeft.length) at = 0;
    }
    this.#at[0] = at;
  }
}

export class Reverb implements Stateful {
  readonly #predelay: Predelay;
  readonly #diffusers: readonly (readonly Diffuser[])[];
  readonly #lines = lineLengths.map((length) => new Float32Array(length));
  readonly #at = new Int32Array(lineCount);
  readonly #damped = new Float64Array(lineCount);
  readonly #decay: Float64Array;
  readonly #damping: number;

  constructor(settings: ReverbSettings) {
    this.#predelay = new Predelay(settings.predelay);
    this.#diffusers = diffuserLengths.map((side) => side.map((length) => new Diffuser(length)));
    const decays = lineLengths.map(
      (length) => 10 ** ((-3 * length) / sampleRate / settings.seconds),
    );
    this.#decay = Float64Array.from(decays);
    this.#damping = settings.damping * 0.7;
  }

  get state(): readonly StateArray[] {
    const diffusers = this.#diffusers.flat().flatMap((d) => d.state);
    return [...this.#predelay.state, ...diffusers, ...this.#lines, this.#at, this.#damped];
  }

  /** Turns what was sent here into the reverberation alone, in place. */
  process(buffer: Stereo): void {
    this.#predelay.process(buffer);
    for (const diffuser of this.#diffusers[0]!) diffuser.process(buffer.left);
    for (const diffuser of this.#diffusers[1]!) diffuser.process(buffer.right);
    this.#network(buffer);
  }

  #network({ left, right }: Stereo): void {
    const lines = this.#lines;
    const at = this.#at;
    const damped = this.#damped;
    const decay = this.#decay;
    const damping = this.#damping;
    for (let i = 0; i < left.length; i++) {
      let sum = 0;
      for (let k = 0; k < lineCount; k++) {
        const heard = lines[k]![at[k]!]!;
        const low = heard + damping * (damped[k]! - heard) + 1e-20;
        damped[k] = low;
        sum += low;
      }
      const shared = (-2 / lineCount) * sum;
      const inLeft = left[i]! * 0.5;
      const inRight = right[i]! * 0.5;
      let outLeft = 0;
      let outRight = 0;
      for (let k = 0; k < lineCount; k++) {
        const line = lines[k]!;
        const position = at[k]!;
        const own = damped[k]!;
        line[position] = (own + shared) * decay[k]! + ((k & 1) === 0 ? inLeft : inRight);
        at[k] = position + 1 === line.length ? 0 : position + 1;
        const signed = (k & 2) === 0 ? own : -own;
        if ((k & 1) === 0) outLeft += signed;
        else outRight += signed;
      }
      left[i] = outLeft;
      right[i] = outRight;
    }
  }
}
