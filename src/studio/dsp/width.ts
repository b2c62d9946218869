/**
 * Makes a narrow sound wide: a delayed copy of the middle goes to the left, and its negative to the
 * right (Lauridsen's pseudo-stereo). Summed to mono the copies cancel, and the sound is as before.
 */
import { type StateArray, type Stateful, type Stereo, sampleRate } from "./state.ts";

const delayFrames = Math.round(0.0113 * sampleRate);
/** One-pole high-pass for the copy (about 250 Hz): low notes stay in the middle. */
const lowShare = 1 - Math.exp((-2 * Math.PI * 250) / sampleRate);

export class Widener implements Stateful {
  readonly #amount: number;
  readonly #line = new Float32Array(delayFrames);
  readonly #at = new Int32Array(1);
  readonly #low = new Float64Array(1);

  /** @param amount level of the copy, from 0 to 1 */
  constructor(amount: number) {
    this.#amount = amount;
  }

  get state(): readonly StateArray[] {
    return [this.#line, this.#at, this.#low];
  }

  /** Widens in place. */
  process({ left, right }: Stereo): void {
    const line = this.#line;
    let at = this.#at[0]!;
    let low = this.#low[0]!;
    for (let i = 0; i < left.length; i++) {
      const delayed = line[at]!;
      const middle = (left[i]! + right[i]!) * 0.5;
      low += (middle - low) * lowShare + 1e-20;
      line[at] = (middle - low) * this.#amount;
      left[i]! += delayed;
      right[i]! -= delayed;
      if (++at === delayFrames) at = 0;
    }
    this.#at[0] = at;
    this.#low[0] = low;
  }
}
