/**
 * Second-order filters after Robert Bristow-Johnson's "Cookbook formulae for audio EQ biquad filter
 * coefficients", in transposed direct form II with double precision state.
 */
import { type StateArray, type Stateful, type Stereo, sampleRate } from "./state.ts";

/** Coefficients with a0 divided out. */
export interface Coefficients {
  readonly b0: number;
  readonly b1: number;
  readonly b2: number;
  readonly a1: number;
  readonly a2: number;
}

function normalized(b: number[], a: number[]): Coefficients {
  const a0 = a[0]!;
  return { b0: b[0]! / a0, b1: b[1]! / a0, b2: b[2]! / a0, a1: a[1]! / a0, a2: a[2]! / a0 };
}

function angle(hertz: number, q: number): { cos: number; alpha: number } {
  const w = (2 * Math.PI * Math.min(hertz, sampleRate * 0.49)) / sampleRate;
  return { cos: Math.cos(w), alpha: Math.sin(w) / (2 * q) };
}

export function lowpass(hertz: number, q = Math.SQRT1_2): Coefficients {
  const { cos, alpha } = angle(hertz, q);
  return normalized([(1 - cos) / 2, 1 - cos, (1 - cos) / 2], [1 + alpha, -2 * cos, 1 - alpha]);
}

export function highpass(hertz: number, q = Math.SQRT1_2): Coefficients {
  const { cos, alpha } = angle(hertz, q);
  return normalized([(1 + cos) / 2, -1 - cos, (1 + cos) / 2], [1 + alpha, -2 * cos, 1 - alpha]);
}

/** A bell of `db` decibels around `hertz`. */
export function peaking(hertz: number, db: number, q = 1): Coefficients {
  const { cos, alpha } = angle(hertz, q);
  const a = 10 ** (db / 40);
  return normalized(
    [1 + alpha * a, -2 * cos, 1 - alpha * a],
    [1 + alpha / a, -2 * cos, 1 - alpha / a],
  );
}

/** Raises what lies above `hertz` by `db` decibels. */
export function highShelf(hertz: number, db: number): Coefficients {
  const { cos, alpha } = angle(hertz, Math.SQRT1_2);
  const a = 10 ** (db / 40);
  const root = 2 * Math.sqrt(a) * alpha;
  return normalized(
    [
      a * (a + 1 + (a - 1) * cos + root),
      -2 * a * (a - 1 + (a + 1) * cos),
      a * (a + 1 + (a - 1) * cos - root),
    ],
    [a + 1 - (a - 1) * cos + root, 2 * (a - 1 - (a + 1) * cos), a + 1 - (a - 1) * cos - root],
  );
}

/** One filter on one channel. */
export class Biquad implements Stateful {
  readonly #c: Coefficients;
  readonly #memory = new Float64Array(2);

  constructor(coefficients: Coefficients) {
    this.#c = coefficients;
  }

  get state(): readonly StateArray[] {
    return [this.#memory];
  }

  /** Filters `samples` in place. */
  process(samples: Float32Array): void {
    const { b0, b1, b2, a1, a2 } = this.#c;
    let z1 = this.#memory[0]!;
    let z2 = this.#memory[1]!;
    for (let i = 0; i < samples.length; i++) {
      const x = samples[i]!;
      const y = b0 * x + z1;
      z1 = b1 * x - a1 * y + z2;
      z2 = b2 * x - a2 * y;
      samples[i] = y;
    }
    // Below any audible level the memory is cleared, so that it never becomes denormal and slow.
    this.#memory[0] = Math.abs(z1) < 1e-15 ? 0 : z1;
    this.#memory[1] = Math.abs(z2) < 1e-15 ? 0 : z2;
  }
}

/** The same filter on both channels. */
export class StereoBiquad implements Stateful {
  readonly #left: Biquad;
  readonly #right: Biquad;

  constructor(coefficients: Coefficients) {
    this.#left = new Biquad(coefficients);
    this.#right = new Biquad(coefficients);
  }

  get state(): readonly StateArray[] {
    return [...this.#left.state, ...this.#right.state];
  }

  process(buffer: Stereo): void {
    this.#left.process(buffer.left);
    this.#right.process(buffer.right);
  }
}
