/** Adds the tails of earlier chunks into later ones: overlap-add, for each part by itself. */
import { type Stereo, sampleRate, slice, stereo } from "../dsp/state.ts";
import { blockFrames, type SoundBlock } from "./synthesize.ts";

/** What of a tail is quieter than this (−120 dB) is dropped. */
const silence = 1e-6;

export class Overlap {
  /** What rings on after the last chunk, for each part. */
  tails: readonly Stereo[];
  readonly #growing: readonly GrowingTail[];

  constructor(parts: number) {
    this.tails = Array.from({ length: parts }, () => stereo(0));
    this.#growing = this.tails.map(() => new GrowingTail());
  }

  /**
   * Takes the next block of a chunk of `frames`: returns what of it lies within the chunk, with the
   * pending tails added (in the block's own arrays, possibly nothing), and keeps the rest.
   */
  take({ at, parts }: SoundBlock, frames: number): Stereo[] {
    const inside = Math.max(0, Math.min(blockFrames, frames - at));
    return parts.map((part, index) => {
      const body = slice(part, 0, inside);
      addInto(body, slice(this.tails[index]!, at, at + inside));
      this.#growing[index]!.append(slice(part, inside, blockFrames));
      return body;
    });
  }

  /** Ends a chunk of `frames`: what was kept, and what of the old tails goes beyond it, are pending. */
  endChunk(frames: number): void {
    this.tails = this.tails.map((old, index) =>
      this.#growing[index]!.finish(slice(old, frames, Math.max(frames, old.left.length))),
    );
  }
}

/** A tail while its chunk is being made. */
class GrowingTail {
  #buffer = stereo(0);
  #length = 0;

  append(block: Stereo): void {
    const end = this.#length + block.left.length;
    this.#reserve(end);
    this.#buffer.left.set(block.left, this.#length);
    this.#buffer.right.set(block.right, this.#length);
    this.#length = end;
  }

  /** The tail with `old` added and without its silent end; a copy. */
  finish(old: Stereo): Stereo {
    const missing = old.left.length - this.#length;
    if (missing > 0) this.append(stereo(missing));
    const whole = slice(this.#buffer, 0, this.#length);
    addInto(whole, old);
    const length = audibleLength(whole);
    this.#length = 0;
    return { left: whole.left.slice(0, length), right: whole.right.slice(0, length) };
  }

  #reserve(frames: number): void {
    if (this.#buffer.left.length >= frames) return;
    const larger = stereo(Math.max(frames, this.#buffer.left.length * 2, sampleRate));
    larger.left.set(this.#buffer.left);
    larger.right.set(this.#buffer.right);
    this.#buffer = larger;
  }
}

function addInto(target: Stereo, source: Stereo): void {
  const frames = Math.min(target.left.length, source.left.length);
  for (let i = 0; i < frames; i++) {
    target.left[i]! += source.left[i]!;
    target.right[i]! += source.right[i]!;
  }
}

function audibleLength({ left, right }: Stereo): number {
  let length = left.length;
  while (length > 0 && Math.abs(left[length - 1]!) + Math.abs(right[length - 1]!) < silence)
    length--;
  return length;
}
