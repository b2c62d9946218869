/** Tempo in a prompt: a number of beats a minute, or a word. */
import type { TempoWish } from "../compose/form.ts";
import { pick, type Random } from "../random.ts";
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

/** Words that bend the style's own tempo. */
const relative: readonly (readonly [readonly string[], number])[] = [
  [["very slow", "really slow", "super slow", "extremely slow"], 0.7],
  [
    ["slow", "slowly", "slower", "downtempo", "down tempo", "laid back", "unhurried", "lento"],
    0.82,
  ],
  [["very fast", "really fast", "super fast", "extremely fast", "breakneck"], 1.4],
  [["fast", "faster", "quick", "rapid", "uptempo", "up tempo", "driving", "high tempo"], 1.2],
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
  const range = named.find(([words]) => words.some((word) => mentions(text, word)))?.[1];
  const [low, high] = range ?? style.tempo;
  const within = low + random() * (high - low);
  if (range !== undefined) return { bpm: within, exact: false };
  const factor = relative.find(([words]) => words.some((word) => mentions(text, word)))?.[1];
  const usual =
    factor === undefined ? within * bend : pick(random, [low, (low + high) / 2, high]) * factor;
  return { bpm: clamp(usual), exact: false };
}
