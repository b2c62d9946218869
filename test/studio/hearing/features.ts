/** A few numbers that say what a piece sounds like: its colour, its width, how its rhythm repeats. */
import type { Stereo } from "../../../src/studio/dsp/state.ts";
import { bandEdges, bandPowers, mono, spectra } from "./spectrum.ts";
import { onsets, periodicity } from "./tempo.ts";

const size = 2048;
const bands = 16;
const edges = bandEdges(bands, 60, 16_000, size);

function mean(list: readonly number[]): number {
  return list.reduce((sum, value) => sum + value, 0) / list.length;
}

function columns(rows: readonly (readonly number[])[]): number[][] {
  return rows[0]!.map((_, column) => rows.map((row) => row[column]!));
}

/** How tone-like (negative) or noise-like (0) each of the upper bands is, as a logarithm. */
function flatness(power: Float64Array): number[] {
  return edges.slice(1).flatMap((end, band) => {
    if (band < bands / 2) return [];
    const bins = [...power.subarray(edges[band]!, end)];
    return [mean(bins.map((bin) => Math.log(bin + 1e-9))) - Math.log(mean(bins) + 1e-9)];
  });
}

/**
 * Groups of numbers: level in each band, how much of it lies at the sides, how noise-like it is, at which
 * distances beginnings repeat, and how strong they are.
 */
export function featuresOf(signal: Stereo): number[][] {
  const middle = mono(signal);
  const side = signal.left.map((value, i) => (value - signal.right[i]!) / 2);
  const frames = [...spectra(middle, size, size / 2)];
  const levels = columns(frames.map((power) => bandPowers(power, edges))).map(mean);
  const sides = columns([...spectra(side, size, size / 2)].map((p) => bandPowers(p, edges)));
  const total = levels.reduce((sum, level) => sum + level, 1e-6);
  const curve = onsets(middle);
  return [
    levels.map((level) => 10 * Math.log10((level + 1e-6) / total)),
    sides.map((values, band) => 10 * Math.log10((mean(values) + 1e-7) / (levels[band]! + 1e-7))),
    columns(frames.map(flatness)).map(mean),
    periodicity(curve, 0.12, 0.9, 24),
    [mean([...curve])],
  ];
}

/** Each column of `rows` with mean 0 and spread 1, divided so that the row's length does not count. */
function standardized(rows: readonly (readonly number[])[]): number[][] {
  const scales = columns(rows).map((values) => {
    const middle = mean(values);
    const spread = Math.sqrt(mean(values.map((value) => (value - middle) ** 2)));
    return { middle, spread: (spread || 1) * Math.sqrt(rows[0]!.length) };
  });
  return rows.map((row) => row.map((v, i) => (v - scales[i]!.middle) / scales[i]!.spread));
}

/** For each piece, the index of the one that sounds most like it; every group counts the same. */
export function nearestOf(pieces: readonly (readonly (readonly number[])[])[]): number[] {
  const groups = pieces[0]!.map((_, group) => standardized(pieces.map((piece) => piece[group]!)));
  const rows = pieces.map((_, piece) => groups.flatMap((group) => group[piece]!));
  const distance = (a: readonly number[], b: readonly number[]) =>
    Math.hypot(...a.map((value, i) => value - b[i]!));
  return rows.map((row, index) => {
    const far = rows.map((other, at) =>
      at === index ? Number.POSITIVE_INFINITY : distance(row, other),
    );
    return far.indexOf(Math.min(...far));
  });
}
