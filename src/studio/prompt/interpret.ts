/**
 * Understanding a prompt: style, tempo, key, mood and instruments from plain words. Tags weigh more
 * than prose. What the text leaves open comes from the seed, so any text at all gives a piece.
 */
import type { TempoWish } from "../compose/form.ts";
import { pick, randomOf } from "../random.ts";
import type { Key } from "../score.ts";
import type { Part, Style } from "../style.ts";
import { styles } from "../styles.ts";
import { declinedRoles, readLead, withProgram } from "./instruments.ts";
import { chooseKey, readKeyWish } from "./key.ts";
import { type Mood, readMood } from "./mood.ts";
import { readTempo } from "./tempo.ts";
import { declines, mentions, normalized } from "./text.ts";

/** How much more a tag counts than the same words in the prompt. */
const tagWeight = 4;

export interface Interpretation {
  /** The style, with its parts as the prompt wants them. */
  readonly style: Style;
  readonly tempo: TempoWish;
  readonly key: Key;
  /** The mood's name, or null when the prompt names none. */
  readonly mood: string | null;
  readonly energyShift: number;
}

function score(style: Style, text: string): number {
  const words = Object.entries(style.words);
  return words.reduce(
    (sum, [word, weight]) => sum + (mentions(text, word) && !declines(text, word) ? weight : 0),
    0,
  );
}

/** The style that prompt and tags call for; one by the seed when they call for none. */
function chooseStyle(prompt: string, tags: string, seed: number): Style {
  const scored = styles.map((style) => score(style, prompt) + tagWeight * score(style, tags));
  const best = Math.max(...scored);
  const fallback = randomOf(seed, `style for ${prompt}`);
  return best > 0 ? styles[scored.indexOf(best)]! : pick(fallback, styles);
}

/** A tune's channel given to another instrument. */
function withLead(part: Part, lead: number | null): Part {
  if (lead === null || part.role !== "melody") return part;
  return { ...part, channel: withProgram(part.channel, lead) };
}

function withTreble(part: Part, mood: Mood | null): Part {
  if (mood === null || mood.treble === 0 || part.role === "drums") return part;
  const treble = (part.channel.treble ?? 0) + mood.treble;
  return { ...part, channel: { ...part.channel, treble } };
}

/** The style as this prompt wants it; at least one part always stays. */
function adapted(style: Style, text: string, mood: Mood | null): Style {
  const declined = declinedRoles(text);
  const lead = readLead(text);
  const parts = style.parts
    .filter((part) => !declined.has(part.role))
    .map((part) => withTreble(withLead(part, lead), mood));
  return { ...style, parts: parts.length > 0 ? parts : style.parts };
}

/**
 * @param prompt any text
 * @param styleTags single words or phrases
 * @param seed decides what the words leave open
 */
export function interpret(
  prompt: string,
  styleTags: readonly string[],
  seed: number,
): Interpretation {
  const raw = [...styleTags, prompt].join(". ");
  const text = normalized(raw);
  const tags = styleTags.map(normalized).join("");
  const mood = readMood(tags) ?? readMood(text);
  const style = chooseStyle(normalized(prompt), tags, seed);
  const random = randomOf(seed, `interpretation of ${text}`);
  return {
    style: adapted(style, text, mood),
    tempo: readTempo(raw, text, style, mood?.tempo ?? 1, random),
    key: chooseKey(readKeyWish(raw), mood?.modes ?? null, style, random),
    mood: mood?.name ?? null,
    energyShift: mood?.energy ?? 0,
  };
}
