/** What every player has in common: the bars of the piece with their sections and chords. */
import type { Metre } from "../metre.ts";
import { pick, randomOf } from "../random.ts";
import type { Key, Section } from "../score.ts";
import type { Part, Style } from "../style.ts";
import type { Handover } from "./handover.ts";
import { orchestrate } from "./orchestrate.ts";
import { type Chord, isMajor, readChord, readProgression } from "./theory.ts";

export interface Bar {
  readonly index: number;
  readonly metre: Metre;
  readonly section: Section;
  /** Counted from the section's beginning. */
  readonly inSection: number;
  readonly isLastOfSection: boolean;
  /** One chord, or two of half a bar each. */
  readonly chords: readonly Chord[];
  /** The first chord after this bar. */
  readonly next: Chord;
  /** What returns together: sections of one theme share progression, motifs, grooves. */
  readonly theme: string;
  /** The theme whose motifs are developed here, if that is what happens. */
  readonly developed: string | null;
}

export interface Plan {
  /** Names what returns: themes, and what of them changes when they do. */
  readonly seed: number;
  /** Names what happens once. */
  readonly detail: number;
  /** Whether nothing may stand out: no fills, no parts that come and go. */
  readonly isEven: boolean;
  readonly metre: Metre;
  readonly bars: readonly Bar[];
  /** The tonic, with which the piece ends. */
  readonly ending: Chord;
  /** Parts that are silent in a section in which they could play. */
  readonly resting: ReadonlyMap<Section, ReadonlySet<Part>>;
  /** What each part last sounded in the piece that this one continues, rising; empty when it is new. */
  readonly before: ReadonlyMap<Part, readonly number[]>;
}

/** The chord that sounds at a sixteenth of the bar. */
export function chordAt(bar: Bar, step: number): Chord {
  return bar.chords.length > 1 && step >= bar.metre.turn ? bar.chords[1]! : bar.chords[0]!;
}

/**
 * The theme of a section. The chorus keeps coming back; verses and bridges of a long piece move on to
 * new themes after a while, and an intro and an outro have that of the first verse. A continuation
 * begins with the first themes again, but its bridges are new.
 */
function themeOf({ kind, occurrence }: Section, from: Handover | null): string {
  if (kind === "intro" || kind === "outro") return "verse 0";
  const before = from?.heard[kind] ?? 0;
  if (kind === "chorus") return `chorus ${Math.floor((occurrence - before) / 6)}`;
  if (kind === "verse") return `verse ${Math.floor((occurrence - before) / 3)}`;
  return `bridge ${Math.floor(occurrence / 2) + (from === null ? 0 : 1)}`;
}

/** The bridges of a continuation develop what was heard before. */
function developedIn({ kind, occurrence }: Section, from: Handover | null): string | null {
  if (from === null || kind !== "bridge") return null;
  return occurrence % 2 === 0 ? "verse 0" : "chorus 0";
}

/** The tonic without a seventh, which would leave open whether its relative is meant. */
function endingChord(key: Key, style: Style): Chord {
  const tonic = readChord("1", key, "triads");
  const ninth = readChord("1", key, style.chords).tones[4];
  return ninth === undefined ? tonic : { ...tonic, tones: [...tonic.tones, ninth] };
}

/**
 * Gives each bar its chords; the last two are the cadence.
 *
 * @param options `from`: what the piece continues; its first chord is that one's last
 */
export function planBars(
  sections: readonly Section[],
  style: Style,
  key: Key,
  metre: Metre,
  seed: number,
  { from = null, isEven = false }: { from?: Handover | null; isEven?: boolean } = {},
): Plan {
  const themes = from?.themes ?? seed;
  const list = style.progressions[isMajor(key) ? "major" : "minor"];
  const read = (text: string) => readProgression(text, key, style.chords);
  const ending = endingChord(key, style);
  const chords: { section: Section; at: number; theme: string; chords: Chord[] }[] = [];
  for (const section of sections) {
    const theme = themeOf(section, from);
    const kind = theme.split(" ")[0] as "verse" | "chorus" | "bridge";
    const progression = read(pick(randomOf(themes, `progression of ${theme}`), list[kind]));
    for (let at = 0; at < section.bars; at++) {
      chords.push({ section, at, theme, chords: progression[at % progression.length]! });
    }
  }
  if (from !== null && chords.length > 0) chords[0]!.chords = [ending];
  const cadence = read(list.cadence);
  for (let i = 0; i < Math.min(cadence.length, Math.floor(chords.length / 2)); i++) {
    chords.at(-1 - i)!.chords = cadence.at(-1 - i)!;
  }
  const bars = chords.map(
    (bar, index): Bar => ({
      index,
      metre,
      section: bar.section,
      inSection: bar.at,
      isLastOfSection: bar.at === bar.section.bars - 1,
      chords: bar.chords,
      next: chords[index + 1]?.chords[0] ?? ending,
      theme: bar.theme,
      developed: developedIn(bar.section, from),
    }),
  );
  const resting = isEven
    ? new Map()
    : orchestrate(style.parts, sections, themes, from?.ending.resting);
  const pitches = from?.ending.pitches ?? [];
  const before = new Map(style.parts.map((part, index) => [part, pitches[index] ?? []] as const));
  return { seed: themes, detail: seed, isEven, metre, bars, ending, resting, before };
}
