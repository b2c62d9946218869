/** Tempo in a prompt: a number of beats a minute, or a word. */
import type { Random } from "../random.ts";
import type { Style } from "../style.ts";
import { mentions } from "./text.ts";

const slowest = 40;
const fastest = 220;

/** Words that name a range of tempi. */
const named: readonly (readonly [readonly string[], readonly [number, number]])[] = [
  [
    ["largo", "grave", "lento"],
    [46, 58],
  ],
  [["adagio"], [60, 72]],
  [["andante"], [76, 92]],
  [
    ["moderato", "mid tempo", "midtempo", "medium tempo"],
    [98, 112],
  ],
  [["allegro"], [124, 140]],
  [["vivace"], [150, 168]],
  [["presto"], [176, 190]],
];

/** Words that go beyond an end (0 slow, 1 fast) of the style's own range, and by which factors. */
const relative: readonly (readonly [readonly string[], 0 | 1, readonly [number, number]])[] = [
  [["very slow", "really slow", "super slow", "extremely slow"], 0, [0.65, 0.75]],
  [["slow", "slowly", "slower", "downtempo", "down tempo", "unhurried"], 0, [0.8, 0.94]],
  [["very fast", "really fast", "super fast", "extremely fast", "breakneck"], 1, [1.3, 1.45]],
  [["fast", "faster", "quick", "rapid", "uptempo", "up tempo", "high tempo"], 1, [1.08, 1.22]],
];

const number =
  /(\d{2,3}(?:[.,]\d+)?)\s*-?\s*b\.?p\.?m|(?:bpm|tempo)\s*(?:of|:|=|is|at)?\s*(\d{2,3})\b/i;

/** Keeps a tempo within what can be played. */
export function clampTempo(bpm: number): number {
  return Math.min(fastest, Math.max(slowest, bpm));
}

/** The number of beats a minute that `raw` names, if any; it wins over every word. */
export function readBpm(raw: string): number | null {
  const match = number.exec(raw);
  const digits = match?.[1] ?? match?.[2];
  return digits === undefined ? null : clampTempo(Number(digits.replace(",", ".")));
}

/** What a text says of the tempo in words: a range, or one end of the style's own and beyond. */
export type TempoWord =
  | { readonly range: readonly [number, number] }
  | { readonly end: 0 | 1; readonly factors: readonly [number, number] };

/** The word for a tempo in the normalized text, if any. */
export function readTempoWord(text: string): TempoWord | null {
  const isSaid = ([words]: readonly [readonly string[], ...unknown[]]) =>
    words.some((word) => mentions(text, word));
  const range = named.find(isSaid)?.[1];
  if (range !== undefined) return { range };
  const beyond = relative.find(isSaid);
  return beyond === undefined ? null : { end: beyond[1], factors: beyond[2] };
}

/**
 * Beats a minute where no number is named.
 *
 * @param bend what the mood does to a tempo that the prompt leaves open
 */
export function chooseTempo(
  word: TempoWord | null,
  style: Style,
  bend: number,
  random: Random,
): number {
  const within = ([low, high]: readonly [number, number]) => low + random() * (high - low);
  if (word === null) return clampTempo(within(style.tempo) * bend);
  if ("range" in word) return within(word.range);
  return clampTempo(style.tempo[word.end] * within(word.factors));
}
