/**
 * Which key a listener would name: the chroma of the whole against the profiles of major and minor, and
 * that of the last chord against their triads.
 */
import { spectra } from "./spectrum.ts";

const names = ["C", "C#", "D", "Eb", "E", "F", "F#", "G", "G#", "A", "Bb", "B"];

/** How well each degree fits, from the key-profile studies (Temperley, "What's key for key?", 1999). */
const profiles = {
  major: [5, 2, 3.5, 2, 4.5, 4, 2, 4.5, 2, 3.5, 1.5, 4],
  minor: [5, 2, 3.5, 4.5, 2, 4, 2, 4.5, 3.5, 2, 3.25, 2.5],
} as const;

const triads = {
  major: [1.2, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0],
  minor: [1.2, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0],
} as const;

export interface HeardKey {
  /** 0 is C. */
  readonly tonic: number;
  readonly mode: "major" | "minor";
  readonly name: string;
}

const size = 8192;
const binHertz = 44_100 / size;

/** Strength of each pitch class, from the spectral peaks between 60 and 2000 Hz. */
export function chromaOf(samples: Float32Array): number[] {
  const chroma = new Array<number>(12).fill(0);
  for (const power of spectra(samples, size, size / 2)) {
    const frame = new Array<number>(12).fill(0);
    for (let k = Math.ceil(60 / binHertz); k * binHertz < 2000; k++) {
      const here = power[k]!;
      const left = power[k - 1]!;
      const right = power[k + 1]!;
      if (here <= left || here <= right) continue;
      // The peak's place between bins, by a parabola through the logarithms.
      const [a, b, c] = [Math.log(left + 1e-12), Math.log(here + 1e-12), Math.log(right + 1e-12)];
      const hertz = (k + (0.5 * (a - c)) / (a - 2 * b + c)) * binHertz;
      const pitch = 69 + 12 * Math.log2(hertz / 440);
      const off = Math.abs(pitch - Math.round(pitch));
      if (off > 0.3) continue;
      frame[((Math.round(pitch) % 12) + 12) % 12]! += Math.sqrt(here) / Math.sqrt(hertz);
    }
    const total = frame.reduce((x, y) => x + y, 1e-9);
    frame.forEach((value, index) => {
      chroma[index]! += Math.sqrt(value / total);
    });
  }
  return chroma;
}

function correlation(a: readonly number[], b: readonly number[]): number {
  const mean = (list: readonly number[]) => list.reduce((x, y) => x + y, 0) / list.length;
  const [ma, mb] = [mean(a), mean(b)];
  let [top, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    top += (a[i]! - ma) * (b[i]! - mb);
    aa += (a[i]! - ma) ** 2;
    bb += (b[i]! - mb) ** 2;
  }
  return top / Math.sqrt(aa * bb + 1e-12);
}

/** Seconds at the end in which the last chord rings. */
const ending = 2.5;
/** What the last chord counts beside the piece: it settles what relatives share. */
const endingWeight = 0.4;

export function hearKey(samples: Float32Array): HeardKey {
  const turn = (chroma: number[], tonic: number) => [
    ...chroma.slice(tonic),
    ...chroma.slice(0, tonic),
  ];
  const whole = chromaOf(samples);
  const last = chromaOf(samples.subarray(Math.max(0, samples.length - ending * 44_100)));
  let best: HeardKey = { tonic: 0, mode: "major", name: "C major" };
  let most = Number.NEGATIVE_INFINITY;
  for (const mode of ["major", "minor"] as const) {
    for (let tonic = 0; tonic < 12; tonic++) {
      const fit =
        correlation(turn(whole, tonic), profiles[mode]) +
        endingWeight * correlation(turn(last, tonic), triads[mode]);
      if (fit <= most) continue;
      most = fit;
      best = { tonic, mode, name: `${names[tonic]} ${mode}` };
    }
  }
  return best;
}
