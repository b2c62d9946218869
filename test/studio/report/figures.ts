/** Figures of a finished file, from what a decoder makes of it. */
import { spawnSync } from "node:child_process";
import type { Stereo } from "../../../src/studio/dsp/state.ts";
import type { Score } from "../../../src/studio/score.ts";
import { loudness, truePeakDb } from "../decode.ts";
import { hearKey } from "../hearing/key.ts";
import { mono } from "../hearing/spectrum.ts";
import { hearTempo } from "../hearing/tempo.ts";

export interface Figures {
  readonly lufs: number;
  readonly truePeakDb: number;
  /** By ffmpeg's ebur128, where it is installed; null elsewhere. */
  readonly ffmpeg: { readonly lufs: number; readonly truePeakDb: number } | null;
  readonly seconds: number;
  readonly dc: number;
  /** Samples at full scale. */
  readonly clipped: number;
  /** Tenths of a second below −50 dBFS, the last two seconds left out. */
  readonly silent: number;
  /** Level of the sides against the middle, in dB. */
  readonly width: number;
  readonly heardKey: string;
  readonly heardTempo: number;
}

/** Integrated loudness and true peak by ffmpeg. */
function byFfmpeg(path: string): Figures["ffmpeg"] {
  const filter = "ebur128=peak=true:framelog=verbose";
  const args = ["-hide_banner", "-nostats", "-i", path, "-af", filter, "-f", "null", "-"];
  const { status, stderr } = spawnSync("ffmpeg", args, { encoding: "utf8" });
  if (status !== 0) return null;
  const lufs = /I:\s+(-?[\d.]+) LUFS/.exec(stderr)?.[1];
  const peak = /Peak:\s+(-?[\d.]+) dBFS/.exec(stderr)?.[1];
  return { lufs: Number(lufs), truePeakDb: Number(peak) };
}

function power(samples: Float32Array): number {
  return samples.reduce((sum, value) => sum + value * value, 1e-12) / samples.length;
}

function silentTenths(samples: Float32Array): number {
  let count = 0;
  for (let at = 0; at + 4410 < samples.length - 2 * 44_100; at += 4410) {
    if (power(samples.subarray(at, at + 4410)) < 1e-5) count++;
  }
  return count;
}

export function figuresOf(path: string, signal: Stereo): Figures {
  const { left, right } = signal;
  const middle = mono(signal);
  const sides = left.map((value, i) => (value - right[i]!) / 2);
  return {
    lufs: loudness(signal),
    truePeakDb: truePeakDb(signal),
    ffmpeg: byFfmpeg(path),
    seconds: left.length / 44_100,
    dc: left.reduce((sum, value) => sum + value, 0) / left.length,
    clipped: left.filter((value) => Math.abs(value) >= 1).length,
    silent: silentTenths(middle),
    width: 10 * Math.log10(power(sides) / power(middle)),
    heardKey: hearKey(middle).name,
    heardTempo: hearTempo(middle),
  };
}

/** Share of neighbouring bars that have the same notes at the same places. */
export function repeatedBars(score: Score): number {
  const bars = Math.floor(score.endingAt / score.barSeconds);
  const texts = Array.from({ length: bars }, (_, bar) => {
    const from = bar * score.barSeconds;
    return score.notes
      .map(({ part, pitch, start }) => ({
        part,
        pitch,
        step: Math.round(((start - from) / score.barSeconds) * score.metre.steps),
      }))
      .filter(({ step }) => step >= 0 && step < score.metre.steps)
      .map(({ part, pitch, step }) => `${step} ${part} ${pitch}`)
      .sort()
      .join();
  });
  return texts.filter((text, bar) => bar > 0 && text === texts[bar - 1]).length / bars;
}
