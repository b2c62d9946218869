/** What was understood of a request, as plain data to be shown to whoever sent it. */
import type { MetreName } from "../metre.ts";
import type { Key, Score } from "../score.ts";
import type { SectionKind } from "../style.ts";
import type { Energy } from "./energy.ts";
import { nameOfProgram } from "./instrument-table.ts";
import type { Interpretation, Source } from "./interpret.ts";

/** A value and where it comes from. */
export interface Understood<T> {
  readonly value: T;
  readonly source: Source;
}

export interface InterpretationReport {
  /** The style's key, for example `lofi`. */
  readonly genre: Understood<string>;
  /** The style's name for people. */
  readonly genreName: string;
  readonly mood: Understood<string> | null;
  readonly energy: Understood<Energy>;
  /** For example `1970s`. */
  readonly era: Understood<string> | null;
  /** Beats a minute as played, to a tenth. */
  readonly tempo: Understood<number>;
  /** For example `D minor` or `Bb dorian`. */
  readonly key: Understood<string>;
  readonly tonic: Understood<string>;
  /** For example `minor` or `dorian`. */
  readonly mode: Understood<string>;
  readonly metre: Understood<MetreName>;
  /** What plays, without repetition; drums are `drums`. */
  readonly instruments: readonly string[];
  /** What of it the text asked for. */
  readonly wanted: readonly string[];
  /** What the text asked to leave out. */
  readonly unwanted: readonly string[];
  /** The form, covering the piece from its beginning to its end. */
  readonly sections: readonly SectionReport[];
}

/** Times are in seconds. */
export interface SectionReport {
  readonly kind: SectionKind;
  readonly start: number;
  readonly duration: number;
}

const modeNames: Readonly<Partial<Record<Key["mode"], string>>> = {
  ionian: "major",
  aeolian: "minor",
};

function modeName({ mode }: Key): string {
  return modeNames[mode] ?? mode;
}

/** The key for people. */
export function keyName(key: Key): string {
  return `${key.tonic} ${modeName(key)}`;
}

function named<T>(value: T | null, source: Source): Understood<T> | null {
  return value === null ? null : { value, source };
}

function instrumentsOf(score: Score): string[] {
  const names = score.parts.flatMap(({ isDrums, channel }) =>
    isDrums ? ["drums"] : [nameOfProgram(channel.program) ?? []].flat(),
  );
  return [...new Set(names)];
}

/** None in a piece that is too short for a bar. */
function sectionsOf(score: Score): SectionReport[] {
  const { sections, barSeconds, endingAt, durationSeconds } = score;
  const bars = sections.reduce((sum, section) => sum + section.bars, 0);
  const at = (bar: number) => Math.max(0, endingAt - (bars - bar) * barSeconds);
  return sections.map(({ kind, firstBar }, index) => {
    const start = index === 0 ? 0 : at(firstBar);
    const next = sections[index + 1];
    const end = next === undefined ? durationSeconds : at(next.firstBar);
    return { kind, start: milliseconds(start), duration: milliseconds(end - start) };
  });
}

function milliseconds(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}

/** @param score what was composed by `interpretation` */
export function reportOf(interpretation: Interpretation, score: Score): InterpretationReport {
  const { style, key, metre, mood, era, energy, instruments, sources } = interpretation;
  return {
    genre: { value: style.key, source: sources.genre },
    genreName: style.name,
    mood: named(mood, sources.mood),
    energy: { value: energy, source: sources.energy },
    era: named(era, sources.era),
    tempo: { value: Math.round(score.tempo * 10) / 10, source: sources.tempo },
    key: { value: keyName(key), source: sources.tonic },
    tonic: { value: key.tonic, source: sources.tonic },
    mode: { value: modeName(key), source: sources.mode },
    metre: { value: metre, source: sources.metre },
    instruments: instrumentsOf(score),
    wanted: instruments.wanted.map(({ name }) => name),
    unwanted: instruments.unwanted,
    sections: sectionsOf(score),
  };
}
