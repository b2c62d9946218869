/** Pushes a part down with each kick drum and lets it swell back: the pump of dance music. */
import type { Stereo } from "../dsp/state.ts";
import { sampleRate } from "../dsp/state.ts";

const attackSeconds = 0.004;

/**
 * Writes the depth of the ducking, 0 (none) to 1 (full), into `depth`.
 *
 * @param kicks frames at which kicks sound, rising; frame 0 is that of `depth[0]` plus `from`
 * @param releaseSeconds how long the level takes to come back
 */
export function duckDepth(
  depth: Float32Array,
  from: number,
  kicks: readonly number[],
  releaseSeconds: number,
): void {
  const attack = attackSeconds * sampleRate;
  const release = releaseSeconds * sampleRate;
  let next = 0;
  while (next < kicks.length && kicks[next]! <= from) next++;
  for (let i = 0; i < depth.length; i++) {
    if (next < kicks.length && kicks[next]! <= from + i) next++;
    const since = next === 0 ? Number.POSITIVE_INFINITY : from + i - kicks[next - 1]!;
    const back = Math.min(1, since / release);
    const falling = Math.min(1, since / attack);
    depth[i] = back >= 1 ? 0 : falling * (1 - back) * (1 - back);
  }
}

/** Lowers `buffer` by `amount` (0 to 1) where `depth` is full. */
export function duck({ left, right }: Stereo, depth: Float32Array, amount: number): void {
  for (let i = 0; i < left.length; i++) {
    const gain = 1 - amount * depth[i]!;
    left[i]! *= gain;
    right[i]! *= gain;
  }
}
