/**
 * What a piece hands over to one that continues it: a plain JSON value, complete in itself, so that it
 * holds whatever later becomes of the style's file. It has the ensemble and the figures as they were
 * played (most of its four or so kilobytes), the seed that names the themes, how far the form has come,
 * and how the last bars stood. Nobody but the studio reads it; a continuation hands over the like.
 */
import type { MetreName } from "../metre.ts";
import type { Energy } from "../prompt/energy.ts";
import type { Interpretation } from "../prompt/interpret.ts";
import type { Key, Score } from "../score.ts";
import { modes, type SectionKind, type Style } from "../style.ts";
import { entersIn } from "./orchestrate.ts";

/** Grows when older values can no longer be read. */
const format = 1;

export interface Handover {
  readonly format: typeof format;
  /** Of the first piece. */
  readonly title: string;
  /** Which piece of a chain this was, from 1. */
  readonly part: number;
  /** Names the themes, with which all pieces of a chain are made. */
  readonly themes: number;
  /** As it was played, without what only other requests need. */
  readonly style: Style;
  /** Beats a minute, as played. */
  readonly tempo: number;
  readonly key: Key;
  readonly metre: MetreName;
  readonly mood: string | null;
  readonly era: string | null;
  readonly energy: Energy;
  readonly energyShift: number;
  /** How often each kind of section has come, over the whole chain. */
  readonly heard: Readonly<Partial<Record<SectionKind, number>>>;
  readonly ending: Ending;
}

/** How a piece stood before and with its last chord. */
export interface Ending {
  /** Of the last section. */
  readonly kind: SectionKind;
  readonly energy: number;
  /** Parts that were left out of it, by index. */
  readonly resting: readonly number[];
  /** For each part the pitches of its last chord, rising. */
  readonly pitches: readonly (readonly number[])[];
}

function countsOf(score: Score, before: Handover["heard"]): Handover["heard"] {
  const counts: Partial<Record<SectionKind, number>> = { ...before };
  for (const { kind } of score.sections) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

/** Parts that could have played in the last section, and did not. */
function restingAtEnd(score: Score): number[] {
  const { style, sections, notes, endingAt, barSeconds } = score;
  const last = sections.at(-1);
  if (last === undefined) return [];
  const from = endingAt - last.bars * barSeconds - 0.05;
  const heard = new Set(
    notes.filter(({ start }) => start >= from && start < endingAt - 0.05).map(({ part }) => part),
  );
  const couldPlay = style.parts.flatMap((part, index) => (entersIn(part, last) ? [index] : []));
  return couldPlay.filter((index) => !heard.has(index));
}

function lastPitches({ parts, notes, durationSeconds }: Score): number[][] {
  const ringing = notes.filter(({ start, duration }) => start + duration > durationSeconds - 0.01);
  return parts.map(({ isDrums }, index) => {
    const own = isDrums ? [] : ringing.filter(({ part }) => part === index);
    return own.map(({ pitch }) => pitch).sort((a, b) => a - b);
  });
}

function endingOf(score: Score): Ending {
  const last = score.sections.at(-1);
  return {
    kind: last?.kind ?? "outro",
    energy: last?.energy ?? score.style.energy.outro,
    resting: restingAtEnd(score),
    pitches: lastPitches(score),
  };
}

/**
 * @param score what was composed by `interpretation`
 * @param seed that it was composed with
 * @param from what it continued, if anything
 */
export function handoverOf(
  interpretation: Interpretation,
  score: Score,
  seed: number,
  from: Handover | null,
): Handover {
  const { tempo, key, metre, title } = score;
  const { mood, era, energy, energyShift } = interpretation;
  return {
    format,
    title: from?.title ?? title,
    part: (from?.part ?? 0) + 1,
    themes: from?.themes ?? seed,
    style: { ...score.style, words: {}, titles: { first: [], second: [] } },
    tempo,
    key,
    metre: metre.name,
    mood,
    era,
    energy,
    energyShift,
    heard: countsOf(score, from?.heard ?? {}),
    ending: endingOf(score),
  };
}

/** The value as it came back from where it was stored; null when it is none that can be continued. */
export function readHandover(value: unknown): Handover | null {
  if (typeof value !== "object" || value === null) return null;
  const handover = value as Partial<Handover>;
  const isOurs =
    handover.format === format &&
    typeof handover.title === "string" &&
    typeof handover.themes === "number" &&
    typeof handover.tempo === "number" &&
    modes.some((mode) => mode === handover.key?.mode) &&
    Array.isArray(handover.style?.parts) &&
    Array.isArray(handover.ending?.pitches);
  return isOurs ? (handover as Handover) : null;
}
