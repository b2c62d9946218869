/**
 * Form: how many bars fit, which sections they make, and when the last chord must begin so that the
 * piece ends exactly where it was asked to.
 */
import type { Metre } from "../metre.ts";
import { pick, randomOf } from "../random.ts";
import type { Section } from "../score.ts";
import type { SectionKind, Style } from "../style.ts";
import type { Handover } from "./handover.ts";

export interface Timing {
  /** Beats a minute. */
  readonly tempo: number;
  readonly barSeconds: number;
  readonly bars: number;
  /** When bar 0 would begin: 0, or before it when a short piece starts within its first bar. */
  readonly gridStart: number;
  /** When the last chord begins. */
  readonly endingAt: number;
}

export interface TempoWish {
  readonly bpm: number;
  /** The prompt gave this very number; otherwise it may bend by a few percent to fit the length. */
  readonly exact: boolean;
}

/** Time for the last chord to ring: about three seconds, less when there is less. */
function ringSeconds(duration: number, ring: number): number {
  return Math.max(Math.min(duration, 0.9), Math.min(0.3 * duration, 3 * ring));
}

/** Fits beats into the time before the last chord. @param duration seconds, at least 1 */
export function fitTiming(
  duration: number,
  wish: TempoWish,
  { beats: beatsPerBar }: Metre,
  ring: number,
): Timing {
  const lead = duration - ringSeconds(duration, ring);
  const wished = (lead * wish.bpm) / 60;
  const unit =
    wished >= 24 * beatsPerBar ? 2 * beatsPerBar : wished >= 6 * beatsPerBar ? beatsPerBar : 1;
  const units = wish.exact ? Math.floor(wished / unit) : Math.round(wished / unit);
  const beats = units * unit;
  const beatSeconds = wish.exact || beats === 0 ? 60 / wish.bpm : lead / beats;
  const bars = Math.ceil(beats / beatsPerBar);
  const barSeconds = beatSeconds * beatsPerBar;
  const endingAt = beats * beatSeconds;
  return {
    tempo: 60 / beatSeconds,
    barSeconds,
    bars,
    gridStart: endingAt - bars * barSeconds,
    endingAt,
  };
}

type Block = readonly [SectionKind, number];

/** Orders in which a story can be told; a long piece tells it in one way after the other. */
const cycles: readonly (readonly SectionKind[])[] = [
  ["verse", "chorus", "verse", "bridge", "chorus"],
  ["verse", "verse", "chorus", "bridge", "chorus"],
  ["verse", "chorus", "bridge", "verse", "chorus"],
];

/** How a story goes on that has been told before: with its development. */
const continuedCycle: readonly SectionKind[] = ["bridge", "chorus", "verse", "bridge", "chorus"];

/** Kinds of `count` blocks: verses and choruses with bridges between, a chorus at the end. */
function middleKinds(count: number, seed: number, from: Handover | null): SectionKind[] {
  const random = randomOf(seed, "form");
  const kinds: SectionKind[] = from === null ? [] : [...continuedCycle];
  // What is too short for a whole story has the usual one.
  while (kinds.length < count) kinds.push(...(count < 5 ? cycles[0]! : pick(random, cycles)));
  kinds.length = count;
  if (count > 0) kinds[count - 1] = "chorus";
  if (count > 2 && kinds[count - 2] === "chorus") kinds[count - 2] = "bridge";
  return kinds;
}

function longForm(bars: number, seed: number, from: Handover | null): Block[] {
  const edge = bars >= 32 ? 4 : 2;
  const middle = bars - 2 * edge;
  const size = middle >= 48 ? 8 : 4;
  const kinds = middleKinds(Math.floor(middle / size), seed, from);
  const blocks: Block[] = kinds.map((kind) => [kind, size]);
  const rest = middle % size;
  const goesBeforeLast = rest > 2 && blocks.at(-2)?.[0] !== "bridge";
  if (goesBeforeLast) blocks.splice(-1, 0, ["bridge", rest]);
  return [
    [from?.ending.kind ?? "intro", edge + (goesBeforeLast ? 0 : rest % 4)],
    ...blocks,
    ["outro", edge + (goesBeforeLast ? 0 : rest - (rest % 4))],
  ];
}

function blocksOf(bars: number, seed: number, from: Handover | null): Block[] {
  if (bars === 0) return [];
  if (bars < 4) return [[from?.ending.kind ?? "chorus", bars]];
  if (bars < 8)
    return [
      [from?.ending.kind ?? "verse", 2],
      ["chorus", bars - 2],
    ];
  const half = Math.floor((bars - 2) / 2);
  if (bars < 12)
    return [
      [from?.ending.kind ?? "intro", 2],
      [from === null ? "verse" : "bridge", half],
      ["chorus", bars - 2 - half],
    ];
  return longForm(bars, seed, from);
}

/** The energy at which two parts with pitches play (one in a style that has no more). */
export function quietest({ parts }: Style, kind: SectionKind): number {
  const pitched = parts.filter((part) => part.role !== "drums" && !part.rests?.includes(kind));
  const enters = pitched.map((part) => part.enters).sort((a, b) => a - b);
  return Math.max(0.15, enters[1] ?? enters[0] ?? 0);
}

/** Every second bridge of a long piece is where it draws breath. */
function isBreakdown(kind: SectionKind, occurrence: number): boolean {
  return kind === "bridge" && occurrence % 2 === 1;
}

/**
 * The sections of a piece of so many bars, one after the other and covering them all.
 *
 * @param energyShift what the mood adds to each section's energy
 * @param from what it continues: then the first section goes on where that ended
 */
export function planSections(
  bars: number,
  style: Style,
  energyShift: number,
  seed: number,
  from: Handover | null = null,
): Section[] {
  const seen = new Map(Object.entries(from?.heard ?? {}) as [SectionKind, number][]);
  const sections: Section[] = [];
  let firstBar = 0;
  for (const [kind, length] of blocksOf(bars, seed, from)) {
    const occurrence = seen.get(kind) ?? 0;
    seen.set(kind, occurrence + 1);
    const change = isBreakdown(kind, occurrence) ? -0.2 : Math.min(occurrence, 3) * 0.05;
    const wished = Math.min(1, style.energy[kind] + energyShift + change);
    const isJoin = firstBar === 0 && from !== null;
    const energy = isJoin ? from.ending.energy : Math.max(quietest(style, kind), wished);
    sections.push({ kind, occurrence, firstBar, bars: length, energy });
    firstBar += length;
  }
  return sections;
}
