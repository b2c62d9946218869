/** Where something begins, and how fast that repeats. */
import type { MetreName } from "../../../src/studio/metre.ts";
import { bandEdges, bandPowers, spectra } from "./spectrum.ts";

const size = 1024;
export const onsetHop = 256;
export const onsetRate = 44_100 / onsetHop;

/** How much louder each moment is than the one before, summed over bands; `onsetRate` a second. */
export function onsets(samples: Float32Array): Float64Array {
  const edges = bandEdges(24, 40, 16_000, size);
  let before: number[] | null = null;
  const curve: number[] = [];
  for (const power of spectra(samples, size, onsetHop)) {
    const levels = bandPowers(power, edges).map((value) => Math.log(1 + 100 * value));
    const last = before ?? levels;
    curve.push(levels.reduce((sum, level, i) => sum + Math.max(0, level - last[i]!), 0));
    before = levels;
  }
  return withoutDrift(curve);
}

/** What stands out of the mean of the surrounding half second. */
function withoutDrift(curve: readonly number[]): Float64Array {
  const around = Math.round(onsetRate / 4);
  return Float64Array.from(curve, (value, i) => {
    const near = curve.slice(Math.max(0, i - around), i + around + 1);
    return Math.max(0, value - near.reduce((a, b) => a + b, 0) / near.length);
  });
}

/** How alike the curve is to itself `lag` steps later (may be fractional), 1 for the same. */
function likeness(curve: Float64Array, lag: number): number {
  const whole = Math.floor(lag);
  const part = lag - whole;
  let sum = 0;
  let energy = 1e-9;
  for (let i = 0; i + whole + 1 < curve.length; i++) {
    sum += curve[i]! * (curve[i + whole]! * (1 - part) + curve[i + whole + 1]! * part);
    energy += curve[i]! ** 2;
  }
  return sum / energy;
}

/** Likeness at each of `count` lags between two times, in seconds. */
export function periodicity(curve: Float64Array, from: number, to: number, count: number) {
  return Array.from({ length: count }, (_, i) =>
    likeness(curve, (from + ((to - from) * i) / (count - 1)) * onsetRate),
  );
}

/** At how many beats' distance a rhythm is looked for again, and what each counts. */
const multiples = [
  [1, 0.4],
  [2, 0.2],
  [3, 0.15],
  [4, 0.15],
  [8, 0.1],
] as const;

/** Beats a minute: the beat whose multiples fit best, with what listeners prefer (about 120). */
export function hearTempo(samples: Float32Array): number {
  const curve = onsets(samples);
  let best = 120;
  let most = Number.NEGATIVE_INFINITY;
  for (let bpm = 45; bpm <= 215; bpm *= 1.003) {
    const beat = (60 / bpm) * onsetRate;
    const fit = multiples.reduce(
      (sum, [times, share]) => sum + share * likeness(curve, beat * times),
      0,
    );
    const preference = Math.exp(-0.5 * (Math.log2(bpm / 115) / 1.1) ** 2);
    if (fit * preference <= most) continue;
    most = fit * preference;
    best = bpm;
  }
  return best;
}

/**
 * Whether two tempi are the same to 4 %, counting twice or half, three times or a third as the same;
 * in a compound metre also the quarters that go across its beats.
 */
export function sameTempo(heard: number, asked: number, metre: MetreName): boolean {
  const compound = metre === "6/8" ? [2 / 3] : [];
  return [1, 2, 3, 1 / 2, 1 / 3, ...compound].some(
    (factor) => Math.abs((heard * factor) / asked - 1) < 0.04,
  );
}
