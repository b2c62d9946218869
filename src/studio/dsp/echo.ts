/** A ping-pong delay in time with the music, darker with each repeat. */
import { type StateArray, type Stateful, type Stereo, sampleRate } from "./state.ts";

export interface EchoSettings {
  /** Time between repeats, in seconds. */
  readonly seconds: number;
  /** How much of a repeat goes into the next, from 0 to below 1. */
  readonly feedback: number;
}

/** The part of the old value that the one-pole low-pass in the loop keeps. */
const darkness = 0.45;

export class Echo implements Stateful {
  readonly #lines: readonly [Float32Array, Float32Array];
  readonly #at = new Int32Array(1);
  readonly #damped = new Float64Array(2);
  readonly #feedback: number;

  constructor(settings: EchoSettings) {
    const frames = Math.max(1, Math.round(settings.seconds * sampleRate));
    this.#lines = [new Float32Array(frames), new Float32Array(frames)];
    this.#feedback = settings.feedback;
  }

  get state(): readonly StateArray[] {
    return [...this.#lines, this.#at, this.#damped];
  }

  /** Turns what was sent here into the repeats alone, in place. */
  process({ left, right }: Stereo): void {
    const [lineLeft, lineRight] = this.#lines;
    let at = this.#at[0]!;
    let dampedLeft = this.#damped[0]!;
    let dampedRight = this.#damped[1]!;
    for (let i = 0; i < left.length; i++) {
      const l = lineLeft[at]!;
      const r = lineRight[at]!;
      dampedLeft = l + darkness * (dampedLeft - l) + 1e-20;
      dampedRight = r + darkness * (dampedRight - r) + 1e-20;
      lineLeft[at] = (left[i]! + right[i]!) * 0.5 + dampedRight * this.#feedback;
      lineRight[at] = dampedLeft;
      left[i] = l;
      right[i] = r;
      if (++at === lineLeft.length) at = 0;
    }
    this.#at[0] = at;
    this.#damped[0] = dampedLeft;
    this.#damped[1] = dampedRight;
  }
}
