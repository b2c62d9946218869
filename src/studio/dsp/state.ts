/**
 * What lets a render go on from the middle: every processor keeps all that it remembers in typed
 * arrays and lists them, always in the same order and of the same lengths.
 */

export type StateArray = Float32Array | Float64Array | Int32Array;

export interface Stateful {
  /** The live memory itself, not a copy: reading saves it, writing restores it. */
  readonly state: readonly StateArray[];
}

/** Left and right channel, of equal length. */
export interface Stereo {
  readonly left: Float32Array;
  readonly right: Float32Array;
}

/** Samples a second, everywhere in the studio. */
export const sampleRate = 44_100;

export function stereo(frames: number): Stereo {
  return { left: new Float32Array(frames), right: new Float32Array(frames) };
}

/** The views of `buffer` from frame `from` to `to`. */
export function slice(buffer: Stereo, from: number, to: number): Stereo {
  return { left: buffer.left.subarray(from, to), right: buffer.right.subarray(from, to) };
}

/** The amplitude ratio of `db` decibels. */
export function gainOf(db: number): number {
  return 10 ** (db / 20);
}

/** Adds `source` times `gain` to `target`, which is as long. */
export function add(target: Stereo, source: Stereo, gain: number): void {
  const { left, right } = source;
  for (let i = 0; i < left.length; i++) {
    target.left[i]! += left[i]! * gain;
    target.right[i]! += right[i]! * gain;
  }
}
