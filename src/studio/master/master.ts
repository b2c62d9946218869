/**
 * Mastering: one gain that brings the limited piece to the loudness that streaming services play at,
 * found on the survey of the premaster, and the limiter that keeps its peaks below the ceiling.
 */
import type { Control } from "../control.ts";
import { gainOf } from "../dsp/state.ts";
import { gainCurve } from "./limiter.ts";
import { integratedLoudness } from "./loudness.ts";
import { type Survey, spansPerHop } from "./survey.ts";

/** Integrated loudness of the master, in LUFS. */
export const targetLufs = -14;
/**
 * The limiter's ceiling in dBTP: an MP3 at 256 kbit/s overshoots by a few tenths of a decibel, and the
 * decoded file must stay below −1.
 */
export const ceilingDb = -2;

/** How near to the target is near enough, in LU. */
const tolerance = 0.01;
const mostPasses = 16;
const mostGainDb = 40;

/** LUFS of the surveyed piece with the gain of `curve`; −Infinity when it is too short or too quiet. */
export function loudnessWith({ energies }: Survey, curve: Float32Array): number {
  const hops = new Float64Array(Math.floor(energies.length / spansPerHop));
  for (let hop = 0, span = 0; hop < hops.length; hop++) {
    let sum = 0;
    for (const end = span + spansPerHop; span < end; span++) {
      const from = curve[span]!;
      const to = curve[span + 1]!;
      sum += (energies[span]! * (from * from + from * to + to * to)) / 3;
    }
    hops[hop] = sum;
  }
  return integratedLoudness(hops);
}

/** The limiter's curve with `gainDb`, in `into` if given. @throws Stopped when `control` says so */
export function limitedBy(
  piece: Survey,
  gainDb: number,
  control: Control,
  into?: Float32Array<ArrayBuffer>,
): Float32Array {
  return gainCurve(piece, gainOf(gainDb), gainOf(ceilingDb), control, into);
}

/**
 * The gain in dB with which the limited piece has the target loudness. A piece too short or too quiet
 * for the meter gets none.
 *
 * @throws Stopped when `control` says so
 */
export function findGain(piece: Survey, control: Control): number {
  const curve = new Float32Array(piece.peaks.length + 1).fill(1);
  const raw = loudnessWith(piece, curve);
  if (!Number.isFinite(raw)) return 0;
  let gainDb = Math.min(mostGainDb, targetLufs - raw);
  for (let pass = 0; pass < mostPasses; pass++) {
    control.checkpoint("gain");
    const error = targetLufs - loudnessWith(piece, limitedBy(piece, gainDb, control, curve));
    if (Math.abs(error) < tolerance) break;
    gainDb = Math.min(mostGainDb, gainDb + error);
  }
  return gainDb;
}
