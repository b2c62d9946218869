/** Tempo in a prompt: a number of beats a minute, or a word. */
import type { TempoWish } from "../compose/form.ts";
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

function clamp(bpm: number): number {
  return Math.min(fastest, Math.max(slowest, bpm));
}

/** The number of beats a minute that `raw` names, if any; it wins over every word. */
export function readBpm(raw: string): number | null {
  const match = number.exec(raw);
  const digits = match?.[1] ?? match?.[2];
  return digits === undefined ? null : clamp(Number(digits.replace(",", ".")));
}

/**
 * @param raw the text as written
 * @param text the same, normalized
 * @param bend what the mood does to a tempo that the prompt leaves open
 */
export function readTempo(
  raw: string,
  text: string,
  style: Style,
  bend: number,
  random: Random,
): TempoWish {
  const bpm = readBpm(raw);
  if (bpm !== null) return { bpm, exact: true };
  const isSaid = ([words]: readonly [readonly string[], ...unknown[]]) =>
    words.some((word) => mentions(text, word));
  const within = ([low, high]: readonly [number, number]) => low + random() * (high - low);
  const range = named.find(isSaid)?.[1];
  if (range !== undefined) return { bpm: within(range), exact: false };
  const beyond = relative.find(isSaid);
  const usual =
    beyond === undefined ? within(style.tempo) * bend : style.tempo[beyond[1]] * within(beyond[2]);
  return { bpm: clamp(usual), exact: false };
}
