/**
 * Mastering: one gain, found by measuring, that brings the limited piece to the loudness that
 * streaming services play at, and the limiter that keeps its peaks below the ceiling.
 */
import type { Control } from "../control.ts";
import { gainOf, type Stereo, slice, stereo } from "../dsp/state.ts";
import { Limiter } from "./limiter.ts";
import { LoudnessMeter } from "./loudness.ts";

/** Integrated loudness of the master, in LUFS. */
export const targetLufs = -14;
/**
 * The limiter's ceiling in dBTP: an MP3 at 256 kbit/s overshoots by a few tenths of a decibel, and the
 * decoded file must stay below −1.
 */
export const ceilingDb = -2;

/** How near to the target is near enough, in LU. */
const tolerance = 0.05;
const mostPasses = 6;
const mostGainDb = 40;

/** A signal that can be read from its beginning any number of times, in blocks of any size. */
export type Source = () => Iterable<Stereo>;

/**
 * The gain in dB with which the limited signal has the target loudness. A signal too short or too quiet
 * for the meter gets no gain.
 *
 * @throws Stopped when `control` says so
 */
export function findGain(source: Source, control: Control): number {
  const raw = loudnessOf(source(), control);
  if (!Number.isFinite(raw)) return 0;
  let gainDb = Math.min(mostGainDb, targetLufs - raw);
  for (let pass = 0; pass < mostPasses; pass++) {
    const error = targetLufs - loudnessOf(limited(source(), gainDb), control);
    if (Math.abs(error) < tolerance) break;
    gainDb = Math.min(mostGainDb, gainDb + error);
  }
  return gainDb;
}

/** `signal` with `gainDb` and limited: the same number of frames, without the limiter's latency. */
export function* limited(signal: Iterable<Stereo>, gainDb: number): Generator<Stereo> {
  const limiter = new Limiter(ceilingDb);
  const gain = gainOf(gainDb);
  let skip = Limiter.latency;
  for (const block of signal) {
    const scaled = { left: block.left.slice(), right: block.right.slice() };
    for (let i = 0; i < scaled.left.length; i++) {
      scaled.left[i]! *= gain;
      scaled.right[i]! *= gain;
    }
    limiter.process(scaled);
    const late = Math.min(skip, scaled.left.length);
    skip -= late;
    if (late < scaled.left.length) yield slice(scaled, late, scaled.left.length);
  }
  const rest = stereo(Limiter.latency);
  limiter.process(rest);
  yield slice(rest, skip, Limiter.latency);
}

function loudnessOf(signal: Iterable<Stereo>, control: Control): number {
  const meter = new LoudnessMeter();
  for (const block of signal) {
    control.checkpoint("loudness");
    meter.push(block);
  }
  return meter.integrated();
}
