/**
 * Understanding a request: style, tempo, key, metre, mood, energy, era and instruments from plain words.
 * Tags weigh more than prose, and fields that name a value more than both. What all of it leaves open
 * comes from the seed, so any text at all gives a piece.
 */
import type { TempoWish } from "../compose/form.ts";
import type { MetreName } from "../metre.ts";
import { pick, randomOf } from "../random.ts";
import type { Key } from "../score.ts";
import type { Part, Style } from "../style.ts";
import { styles } from "../styles.ts";
import { type Energy, energyShift, readEnergy } from "./energy.ts";
import { inEra, readEra } from "./era.ts";
import { ensemble, type InstrumentWish, readInstruments } from "./instruments.ts";
import { chooseKey, readKeyWish } from "./key.ts";
import { readMetre } from "./metre.ts";
import { type Mood, readMood } from "./mood.ts";
import { chooseTempo, clampTempo, readBpm, readTempoWord } from "./tempo.ts";
import { normalized, wants } from "./text.ts";

/** How much more a tag counts than the same words in the prompt. */
const tagWeight = 4;

/** What a style's own key weighs, beside its words. */
const keyWeight = 1;

/** Values that a request names by themselves, apart from its text. */
export interface Fields {
  /** A style's key, for example `lofi`; another word is ignored. */
  readonly genre?: string;
  /** Beats a minute. */
  readonly tempo?: number;
  readonly key?: Key;
  readonly metre?: MetreName;
}

export interface Wording {
  readonly prompt: string;
  /** Single words or phrases. */
  readonly styleTags: readonly string[];
  readonly fields?: Fields;
}

/** Where a value comes from; `choice`: the words left it to style, mood and seed. */
export type Source = "field" | "tags" | "prompt" | "choice";

export interface Sources {
  readonly genre: Source;
  readonly mood: Source;
  readonly tempo: Source;
  readonly tonic: Source;
  readonly mode: Source;
  readonly metre: Source;
  readonly energy: Source;
  readonly era: Source;
}

export interface Interpretation {
  /** The style, with its parts as the prompt wants them. */
  readonly style: Style;
  readonly tempo: TempoWish;
  readonly key: Key;
  readonly metre: MetreName;
  /** The mood's name, or null when the prompt names none. */
  readonly mood: string | null;
  /** The era's name, or null when the prompt names none. */
  readonly era: string | null;
  readonly energy: Energy;
  /** What mood and energy add to each section's energy. */
  readonly energyShift: number;
  readonly instruments: InstrumentWish;
  readonly sources: Sources;
}

/** A text as written and normalized. */
export interface Text {
  readonly source: Source;
  readonly raw: string;
  readonly text: string;
}

export interface Found<T> {
  readonly value: T | null;
  readonly source: Source;
}

/** What the first text that says anything says. */
export function first<T>(texts: readonly Text[], read: (text: Text) => T | null): Found<T> {
  for (const text of texts) {
    const value = read(text);
    if (value !== null) return { value, source: text.source };
  }
  return { value: null, source: "choice" };
}

function fieldOr<T>(field: T | undefined, found: () => Found<T>): Found<T> {
  return field === undefined ? found() : { value: field, source: "field" };
}

function score(style: Style, text: string): number {
  const words = [...Object.entries(style.words), [style.key, keyWeight] as const];
  return words.reduce((sum, [word, weight]) => sum + (wants(text, word) ? weight : 0), 0);
}

/** The style that the texts call for, tags before prose; one by the seed when they call for none. */
function chooseStyle(wording: Wording, tags: Text, prompt: Text, seed: number): Found<Style> {
  const named = styles.find((style) => style.key === wording.fields?.genre);
  if (named !== undefined) return { value: named, source: "field" };
  const byTags = styles.map((style) => tagWeight * score(style, tags.text));
  const scored = styles.map((style, index) => byTags[index]! + score(style, prompt.text));
  const best = Math.max(...scored);
  const fallback = randomOf(seed, `style for ${wording.prompt}`);
  if (best <= 0) return { value: pick(fallback, styles), source: "choice" };
  const at = scored.indexOf(best);
  return { value: styles[at]!, source: byTags[at]! > 0 ? "tags" : "prompt" };
}

function withTreble(part: Part, mood: Mood | null): Part {
  if (mood === null || mood.treble === 0 || part.role === "drums") return part;
  const treble = (part.channel.treble ?? 0) + mood.treble;
  return { ...part, channel: { ...part.channel, treble } };
}

function chooseTempoWish(
  wording: Wording,
  texts: readonly Text[],
  style: Style,
  mood: Mood | null,
  seed: number,
): { readonly wish: TempoWish; readonly source: Source } {
  const field = wording.fields?.tempo;
  const bpm = fieldOr(field === undefined ? field : clampTempo(field), () =>
    first(texts, ({ raw }) => readBpm(raw)),
  );
  if (bpm.value !== null) return { wish: { bpm: bpm.value, exact: true }, source: bpm.source };
  const word = first(texts, ({ text }) => readTempoWord(text));
  const random = randomOf(seed, `tempo of ${texts.map(({ text }) => text).join("")}`);
  const chosen = chooseTempo(word.value, style, mood?.tempo ?? 1, random);
  return { wish: { bpm: chosen, exact: false }, source: word.source };
}

/** What is read, in the order in which it counts. */
export function textsOf({ prompt, styleTags }: Wording): readonly [tags: Text, prose: Text] {
  return [
    {
      source: "tags",
      raw: styleTags.join(". "),
      text: styleTags.map(normalized).join(""),
    },
    { source: "prompt", raw: prompt, text: normalized(prompt) },
  ];
}

/**
 * @param wording any text
 * @param seed decides what the words leave open
 */
export function interpret(wording: Wording, seed: number): Interpretation {
  const { fields } = wording;
  const texts = textsOf(wording);
  const [tags, prose] = texts;
  const style = chooseStyle(wording, tags, prose, seed);
  const base = style.value!;
  const mood = first(texts, ({ text }) => readMood(text));
  const era = first(texts, ({ text }) => readEra(text));
  const energy = first(texts, ({ raw, text }) => readEnergy(raw, text));
  const metre = fieldOr(fields?.metre, () => first(texts, ({ raw, text }) => readMetre(raw, text)));
  const tempo = chooseTempoWish(wording, texts, base, mood.value, seed);
  const tonic = fieldOr(fields?.key?.tonic, () =>
    first(texts, ({ raw }) => readKeyWish(raw).tonic),
  );
  const mode = fieldOr(fields?.key?.mode, () => first(texts, ({ raw }) => readKeyWish(raw).mode));
  const all = `${tags.text}${prose.text}`;
  const random = randomOf(seed, `key of ${all}`);
  const wish = { tonic: tonic.value, mode: mode.value };
  const instruments = readInstruments(all.replaceAll("  ", " . "));
  const shift = (mood.value?.energy ?? 0) + energyShift[energy.value ?? "medium"];
  const parts = ensemble(base, instruments).map((part) => withTreble(part, mood.value));
  return {
    style: inEra({ ...base, parts }, era.value),
    tempo: tempo.wish,
    key: chooseKey(wish, mood.value?.modes ?? null, base, random),
    metre: metre.value ?? base.metre ?? "4/4",
    mood: mood.value?.name ?? null,
    era: era.value?.name ?? null,
    energy: energy.value ?? "medium",
    energyShift: shift,
    instruments,
    sources: {
      genre: style.source,
      mood: mood.source,
      tempo: tempo.source,
      tonic: tonic.source,
      mode: mode.source,
      metre: metre.source,
      energy: energy.source,
      era: era.source,
    },
  };
}
