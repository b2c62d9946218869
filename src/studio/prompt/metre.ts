/** Metre in a prompt: `3/4`, `in 6/8`, `waltz`, `five four time`. */
import { type MetreName, metres } from "../metre.ts";
import { wants } from "./text.ts";

/** What people write, by the metre that it is played in. */
const written: Readonly<Record<string, MetreName>> = {
  "2/4": "4/4",
  "2/2": "4/4",
  "9/8": "6/8",
  "12/8": "6/8",
  ...Object.fromEntries(metres.map((name) => [name, name])),
};

const words: Readonly<Record<string, MetreName>> = {
  waltz: "3/4",
  waltzing: "3/4",
  walzer: "3/4",
  valse: "3/4",
  vals: "3/4",
  minuet: "3/4",
  mazurka: "3/4",
  "triple metre": "3/4",
  "triple meter": "3/4",
  "triple time": "3/4",
  "three four": "3/4",
  "five four": "5/4",
  "six eight": "6/8",
  "compound metre": "6/8",
  "compound meter": "6/8",
  jig: "6/8",
  tarantella: "6/8",
  barcarolle: "6/8",
  "common time": "4/4",
  "four four": "4/4",
};

/**
 * The metre that is named, if any; a fraction wins over a word.
 *
 * @param raw the text as written
 * @param text the same, normalized
 */
export function readMetre(raw: string, text: string): MetreName | null {
  for (const [fraction] of raw.matchAll(/(?<![\d/])\d{1,2}\/\d{1,2}(?![\d/])/g)) {
    const metre = written[fraction];
    if (metre !== undefined) return metre;
  }
  const word = Object.keys(words).find((candidate) => wants(text, candidate));
  return word === undefined ? null : words[word]!;
}
