/** Key and mode in a prompt: `in D minor`, `F# major`, `Bb dorian`, `key of C`, `lydian`, `minor key`. */
import { pick, pickWeighted, type Random } from "../random.ts";
import type { Key } from "../score.ts";
import { type Mode, modes, type Style } from "../style.ts";
import { mentions, normalized } from "./text.ts";

const modeNames: Readonly<Record<string, Mode>> = {
  major: "ionian",
  maj: "ionian",
  dur: "ionian",
  minor: "aeolian",
  min: "aeolian",
  moll: "aeolian",
  ...Object.fromEntries(modes.map((mode) => [mode, mode])),
};

const accidental = String.raw`\s*(#|♯|♭|b(?![a-z])|-?\s?sharp|-?\s?flat)?`;
const modeWord = `(${Object.keys(modeNames).join("|")})`;
const withMode = new RegExp(
  String.raw`(^|[^\p{L}\p{N}])([A-Ga-g])${accidental}[\s-]*${modeWord}(?![\p{L}])`,
  "giu",
);
const short =
  /(?:^|[^\p{L}\p{N}])(?:in|key(?: of)?:?)\s+([A-G])(#|♯|♭|b)?(m)?(?=$|[\s]*[,.;:!?)]|\s*$)/u;

/** Tonics as a rule written with few accidentals. */
const usualTonics = ["C", "D", "Eb", "E", "F", "G", "A", "Bb"];

/** A key as far as the prompt names it. */
export interface KeyWish {
  readonly tonic: string | null;
  readonly mode: Mode | null;
}

function tonicName(letter: string, sign: string | undefined): string {
  const word = sign?.trim().toLowerCase() ?? "";
  const suffix = /#|♯|sharp/.test(word) ? "#" : /b|♭|flat/.test(word) ? "b" : "";
  return enharmonic[letter.toUpperCase() + suffix] ?? letter.toUpperCase() + suffix;
}

/** Spellings that would need doubled accidentals, or none at all. */
const enharmonic: Readonly<Record<string, string>> = {
  "A#": "Bb",
  "D#": "Eb",
  "E#": "F",
  "B#": "C",
  Cb: "B",
  Fb: "E",
};

/** Whether `a` before `major` is the article: `a major breakthrough`, not `in a major, slow`. */
function isArticle(raw: string, match: RegExpExecArray): boolean {
  if (match[2] !== "a" && match[2] !== "A") return false;
  if (match[3] !== undefined) return false;
  const before = raw.slice(0, match.index + match[1]!.length).trimEnd();
  const after = raw.slice(match.index + match[0].length);
  if (/\bkey of$/i.test(before)) return false;
  const ends = /^\s*($|[^\p{L}\p{N}\s]|(key|at|with|and|for|bpm|scale)\b)/iu.test(after);
  if (match[2] === "A") return before === "" && !ends;
  return !(ends && /\bin$/i.test(before));
}

/** What `raw` says of the key. */
export function readKeyWish(raw: string): KeyWish {
  for (const match of raw.matchAll(withMode)) {
    if (isArticle(raw, match)) continue;
    return { tonic: tonicName(match[2]!, match[3]), mode: modeNames[match[4]!.toLowerCase()]! };
  }
  const named = short.exec(raw);
  const mode = readMode(normalized(raw));
  if (named === null) return { tonic: null, mode };
  return { tonic: tonicName(named[1]!, named[2]), mode: named[3] === "m" ? "aeolian" : mode };
}

function readMode(text: string): Mode | null {
  const church = modes.find((mode) => mentions(text, mode));
  if (church !== undefined) return church;
  const says = (name: string) =>
    ["key", "scale", "chords", "mode", "tonality"].some((noun) =>
      mentions(text, `${name} ${noun}`),
    ) || mentions(text, `in ${name}`);
  if (says("minor")) return "aeolian";
  return says("major") ? "ionian" : null;
}

/** The key to use: what is wished, the rest from the mood's modes or the style's. */
export function chooseKey(
  wish: KeyWish,
  moodModes: readonly Mode[] | null,
  style: Style,
  random: Random,
): Key {
  const fitting = style.modes.filter(([mode]) => moodModes === null || moodModes.includes(mode));
  const free =
    fitting.length > 0 ? pickWeighted(random, fitting) : pick(random, moodModes ?? modes);
  const tonic = pick(random, usualTonics);
  return { tonic: wish.tonic ?? tonic, mode: wish.mode ?? free };
}
