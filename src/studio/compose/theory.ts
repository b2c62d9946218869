/** Keys, scales and chords as sets of pitch classes (0 is C, 11 is B). */
import { Note, Scale } from "tonal";
import type { Key } from "../score.ts";
import type { Style } from "../style.ts";

export interface Chord {
  /** As the progression writes it, for example `b7` or `5M`. */
  readonly symbol: string;
  /** Root, third, fifth and what is above, as pitch classes. */
  readonly tones: readonly number[];
  /** The seven pitch classes that a melody may use over it, rising from the key's tonic. */
  readonly scale: readonly number[];
}

export function modulo(value: number, divisor: number): number {
  return ((value % divisor) + divisor) % divisor;
}

/** The pitch class of a note name such as `F#`. */
export function pitchClass(name: string): number {
  return Note.chroma(name);
}

/** The key's seven pitch classes, rising from its tonic. */
export function scaleOf(key: Key): number[] {
  return Scale.get(`${key.tonic} ${key.mode}`).notes.map(pitchClass);
}

/** Whether the key's third is major. */
export function isMajor(key: Key): boolean {
  return key.mode === "ionian" || key.mode === "lydian" || key.mode === "mixolydian";
}

/** What a progression may write after a degree, with the intervals of its triad and its seventh. */
const qualities: Readonly<Record<string, readonly number[]>> = {
  M: [0, 4, 7, 11],
  m: [0, 3, 7, 10],
  s: [0, 5, 7, 10],
  d: [0, 3, 6, 9],
  "7": [0, 4, 7, 10],
};

function diatonic(scale: readonly number[], degree: number, chords: Style["chords"]): number[] {
  const above = (steps: number) => scale[(degree + steps) % 7]!;
  const tones = [above(0), above(2), above(4)];
  if (chords === "triads") return tones;
  tones.push(above(6));
  const isWholeTone = modulo(above(1) - above(0), 12) === 2;
  return chords === "ninths" && isWholeTone ? [...tones, above(1)] : tones;
}

function altered(root: number, quality: string, chords: Style["chords"]): number[] {
  const intervals = qualities[quality]!;
  const count = chords === "triads" && quality !== "7" ? 3 : 4;
  return intervals.slice(0, count).map((interval) => modulo(root + interval, 12));
}

/** The key's scale, bent where a chord tone is outside it: a neighbour a semitone away gives way. */
function scaleOver(scale: readonly number[], tones: readonly number[]): number[] {
  const bent = [...scale];
  for (const tone of tones.filter((candidate) => !scale.includes(candidate))) {
    const at = bent.findIndex(
      (degree) => !tones.includes(degree) && [1, 11].includes(modulo(tone - degree, 12)),
    );
    if (at >= 0) bent[at] = tone;
  }
  return bent;
}

/**
 * Reads one chord of a progression (see `Progressions`).
 *
 * @throws Error when it is none
 */
export function readChord(symbol: string, key: Key, chords: Style["chords"]): Chord {
  const match = /^(b|#)?([1-7])([Mmsd7])?$/.exec(symbol);
  if (match === null) throw new Error(`not a chord: ${symbol}`);
  const scale = scaleOf(key);
  const degree = Number(match[2]) - 1;
  const shift = match[1] === "b" ? -1 : match[1] === "#" ? 1 : 0;
  const quality = match[3] ?? (match[1] === undefined ? null : "M");
  const tones =
    quality === null
      ? diatonic(scale, degree, chords)
      : altered(modulo(scale[degree]! + shift, 12), quality, chords);
  return { symbol, tones, scale: scaleOver(scale, tones) };
}

/** A progression's bars, each with one chord or two. @throws Error when it does not read */
export function readProgression(text: string, key: Key, chords: Style["chords"]): Chord[][] {
  return text
    .trim()
    .split(/\s+/)
    .map((bar) => bar.split("+").map((symbol) => readChord(symbol, key, chords)));
}

/** The note nearest to `pitch` whose pitch class is one of `classes`; the lower one of two. */
export function nearest(classes: readonly number[], pitch: number): number {
  for (let distance = 0; distance <= 6; distance++) {
    if (classes.includes(modulo(pitch - distance, 12))) return pitch - distance;
    if (classes.includes(modulo(pitch + distance, 12))) return pitch + distance;
  }
  return pitch;
}

/** The note `steps` steps of the scale above (or below) `pitch`. */
export function stepFrom(classes: readonly number[], pitch: number, steps: number): number {
  let at = nearest(classes, pitch);
  for (let left = Math.abs(steps); left > 0; left--) {
    do at += Math.sign(steps);
    while (!classes.includes(modulo(at, 12)));
  }
  return at;
}

/** `pitch` moved by octaves into the range, which spans at least one. */
export function foldInto([low, high]: readonly [number, number], pitch: number): number {
  let folded = pitch;
  while (folded < low) folded += 12;
  while (folded > high) folded -= 12;
  return folded;
}
