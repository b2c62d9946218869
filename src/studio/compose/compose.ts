/** The composer: from what was understood of a prompt to a complete score. */
import { type Control, unstoppable } from "../control.ts";
import { metreOf } from "../metre.ts";
import type { Interpretation } from "../prompt/interpret.ts";
import { between, pick, randomOf } from "../random.ts";
import type { NoteEvent, Score } from "../score.ts";
import type { MelodyPart, Part, Style } from "../style.ts";
import { writeBass } from "./bass.ts";
import { writeDrums } from "./drums.ts";
import { planSegments, segmentEnds, segmentForesight } from "./focus.ts";
import { fitTiming, planSections, type Timing } from "./form.ts";
import type { Handover } from "./handover.ts";
import { writeHarmony } from "./harmony.ts";
import { inMetre } from "./in-metre.ts";
import { writeCounter, writeMelody } from "./melody.ts";
import { perform } from "./perform.ts";
import { type Plan, planBars } from "./plan.ts";
import type { SketchNote } from "./sketch.ts";

/** Bars rendered at a time. */
const barsPerChunk = 4;
/** Seconds; quicker music has more bars in a chunk, since each is rendered with a tail of its own. */
const shortestChunk = 7;

export interface Brief {
  readonly interpretation: Interpretation;
  /** Seconds, at least 1. */
  readonly durationSeconds: number;
  readonly seed: number;
  /** The piece's title, or null to have one made up. */
  readonly title: string | null;
  /** What an earlier piece handed over, to be continued; its interpretation is `continued`. */
  readonly from?: Handover | null;
  /** `focus`: long, even, unobtrusive, in segments; `creation`, a piece with a form, when left out. */
  readonly mode?: Mode;
}

export type Mode = "creation" | "focus";

/** Composes a piece: the same brief gives the same score. @throws Stopped when `control` says so */
export function compose(brief: Brief, control: Control = unstoppable): Score {
  const { interpretation, durationSeconds: duration, seed, from = null } = brief;
  const { key } = interpretation;
  const metre = metreOf(interpretation.metre);
  const style = inMetre(interpretation.style, metre);
  const timing = fitTiming(duration, interpretation.tempo, metre, style.ring);
  const isEven = brief.mode === "focus";
  const { energyShift } = interpretation;
  const sections = isEven
    ? planSegments(timing, style, energyShift, from?.heard.verse ?? 0)
    : planSections(timing.bars, style, energyShift, seed, from);
  const plan = planBars(sections, style, key, metre, seed, { from, isEven });
  const drums = style.parts.flatMap((part) =>
    part.role === "drums" ? writeDrums(part, plan) : [],
  );
  const notes = style.parts.flatMap((part, index) => {
    control.checkpoint(`composing ${part.role}`);
    const sketch = write(part, plan, style, drums);
    return perform(sketch, part, index, { plan, timing, style, duration });
  });
  return {
    title: brief.title ?? titleFor(style, seed, from),
    style,
    tempo: timing.tempo,
    key,
    metre,
    durationSeconds: duration,
    endingAt: timing.endingAt,
    barSeconds: timing.barSeconds,
    sections,
    parts: style.parts.map(({ role, channel }) => ({ role, isDrums: role === "drums", channel })),
    notes: notes.sort(byTime),
    chunkEnds: chunkEnds(timing, duration, isEven ? segmentForesight : 0),
    segmentEnds: isEven ? segmentEnds(sections, timing, duration) : [],
  };
}

function write(part: Part, plan: Plan, style: Style, drums: readonly SketchNote[]): SketchNote[] {
  switch (part.role) {
    case "bass":
      return writeBass(part, plan, drums);
    case "drums":
      return writeDrums(part, plan);
    case "counter":
      return writeCounter(part, plan);
    case "melody": {
      const tunes = style.parts.filter((other) => other.role === "melody");
      return writeMelody(part as MelodyPart, plan, tunes as MelodyPart[]);
    }
    default:
      return writeHarmony(part, plan);
  }
}

function byTime(a: NoteEvent, b: NoteEvent): number {
  return a.start - b.start || a.part - b.part || a.pitch - b.pitch;
}

/** @param late seconds after the bar line that chunks end */
function chunkEnds(timing: Timing, duration: number, late: number): number[] {
  const ends: number[] = [];
  let last = 0;
  for (let bar = barsPerChunk; bar < timing.bars; bar += barsPerChunk) {
    const end = timing.gridStart + bar * timing.barSeconds + late;
    // The last chunk takes a short rest with it.
    if (end - last < shortestChunk || duration - end < shortestChunk) continue;
    ends.push(end);
    last = end;
  }
  return [...ends, duration];
}

function titleFor(style: Style, seed: number, from: Handover | null): string {
  if (from !== null) return `${from.title}, Part ${from.part + 1}`;
  const random = randomOf(seed, "title");
  const { first, second } = style.titles;
  const opening = pick(random, first);
  return between(random, 0, 5) === 0 ? opening : `${opening} ${pick(random, second)}`;
}
