/** Adds the tails of earlier chunks into later ones: overlap-add, for each part by itself. */
import { type Stereo, slice, stereo } from "../dsp/state.ts";

/** What of a tail is quieter than this (−120 dB) is dropped. */
const silence = 1e-6;

export class Overlap {
  /** What rings on after the last chunk, for each part. */
  tails: readonly Stereo[];

  constructor(parts: number) {
    this.tails = Array.from({ length: parts }, () => stereo(0));
  }

  /**
   * Adds the pending tails into `sound` (for each part at least `frames` long), keeps what goes beyond
   * `frames` as the new tails, and returns the parts of exactly `frames`.
   */
  next(sound: readonly Stereo[], frames: number): Stereo[] {
    const tails = this.tails;
    this.tails = sound.map((part, index) => newTail(part, tails[index]!, frames));
    return sound.map((part, index) => {
      const body = slice(part, 0, frames);
      addInto(body, slice(tails[index]!, 0, frames));
      return body;
    });
  }
}

function newTail(part: Stereo, old: Stereo, frames: number): Stereo {
  const length = Math.max(part.left.length, old.left.length) - frames;
  const tail = stereo(Math.max(0, length));
  addInto(tail, slice(part, frames, part.left.length));
  if (old.left.length > frames) addInto(tail, slice(old, frames, old.left.length));
  return slice(tail, 0, audibleLength(tail));
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
