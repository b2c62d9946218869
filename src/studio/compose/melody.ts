/** The tune: motifs laid over the chords, strong notes on chord tones, leaps that come back. */
import type { Metre } from "../metre.ts";
import { pick, randomOf } from "../random.ts";
import type { Section } from "../score.ts";
import type { MelodyPart, SectionKind } from "../style.ts";
import { figureFor, fullEnergy, onsetsOf } from "./figure.ts";
import { endingNote } from "./harmony.ts";
import { motifFor } from "./motif.ts";
import { type Bar, chordAt, type Plan } from "./plan.ts";
import { playsIn, type SketchNote } from "./sketch.ts";
import { nearest, stepFrom } from "./theory.ts";

/** Where in its range (0 low, 1 high) a tune lies in each kind of section. */
const register: Readonly<Record<SectionKind, number>> = {
  intro: 0.35,
  verse: 0.38,
  chorus: 0.62,
  bridge: 0.5,
  outro: 0.35,
};

function anchorOf(part: MelodyPart, bar: Bar): number {
  const [low, high] = part.range;
  return low + (high - low) * register[bar.section.kind];
}

/** `pitch` kept within the range by turning back at its ends. */
function reflected(part: MelodyPart, pitch: number): number {
  const [low, high] = part.range;
  if (pitch > high) return pitch - 12 >= low ? pitch - 12 : high;
  if (pitch < low) return pitch + 12 <= high ? pitch + 12 : low;
  return pitch;
}

/** Whether the listener hears the note as a place to stand. */
function isStrong(step: number, length: number, { beatSteps, turn }: Metre): boolean {
  const isOnBeat = step % beatSteps === 0;
  return step === 0 || step === turn || length >= 6 || (isOnBeat && length >= beatSteps);
}

/** One bar of the tune, going on from the pitch before it. */
function writeBar(part: MelodyPart, bar: Bar, from: number, plan: Plan): SketchNote[] {
  const rhythms = bar.section.energy >= fullEnergy ? part.figures.full : part.figures.calm;
  const motif = motifFor(bar, rhythms, part.leap, plan.seed);
  const notes: SketchNote[] = [];
  let at = from;
  for (const { step, length, move } of motif) {
    const chord = chordAt(bar, step);
    const moved = stepFrom(chord.scale, at, move);
    const towards = moved + Math.round((anchorOf(part, bar) - moved) * 0.12);
    const pitch = isStrong(step, length, bar.metre) ? nearest(chord.tones, towards) : moved;
    at = reflected(part, pitch);
    const velocity = (step % bar.metre.beatSteps === 0 ? 92 : 80) + (bar.inSection % 4) * 2;
    notes.push({ bar: bar.index, step, length: length * part.legato, pitch: at, velocity });
  }
  return notes;
}

/**
 * Which of several tunes has each section: they take turns over the sections that any plays in; where
 * nothing may stand out, one has them all.
 */
function tuneOfSection(tunes: readonly MelodyPart[], plan: Plan): Map<Section, MelodyPart> {
  const first = Math.floor(randomOf(plan.seed, "first tune")() * tunes.length);
  const sections = [...new Set(plan.bars.map((bar) => bar.section))];
  const tuneful = sections.filter((section) => tunes.some((tune) => playsIn(tune, section, plan)));
  const turn = (index: number) => (plan.isEven ? first : first + index);
  return new Map(
    tuneful.map((section, index) => [section, tunes[turn(index) % tunes.length]!] as const),
  );
}

/** @param tunes all melody parts of the style, `part` among them */
export function writeMelody(
  part: MelodyPart,
  plan: Plan,
  tunes: readonly MelodyPart[],
): SketchNote[] {
  const notes: SketchNote[] = [];
  const owners = tuneOfSection(tunes, plan);
  const before = plan.before.get(part)?.at(-1);
  let at = before ?? Math.round((part.range[0] + part.range[1]) / 2);
  for (const bar of plan.bars) {
    const goesOn = bar.index === 0 && before !== undefined;
    if (bar.inSection === 0 && !goesOn)
      at = nearest(bar.chords[0]!.tones, Math.round(anchorOf(part, bar)));
    if (owners.get(bar.section) !== part || !playsIn(part, bar.section, plan)) continue;
    const written = writeBar(part, bar, at, plan);
    at = written.at(-1)?.pitch ?? at;
    notes.push(...written);
  }
  const last = [...owners.values()].at(-1) ?? tunes[0];
  if (part === last) {
    const tone = pick(randomOf(plan.detail, "last note"), plan.ending.tones.slice(0, 2));
    notes.push(endingNote(plan, reflected(part, nearest([tone], Math.round(at))), 86));
  }
  return notes;
}

/** A second voice: slow notes that move to the nearest chord tone, thirds and sevenths first. */
export function writeCounter(part: MelodyPart, plan: Plan): SketchNote[] {
  const notes: SketchNote[] = [];
  let at = plan.before.get(part)?.at(-1) ?? Math.round((part.range[0] + part.range[1]) / 2);
  for (const bar of plan.bars) {
    if (!playsIn(part, bar.section, plan)) continue;
    const figure = figureFor(part.figures, bar, plan.seed, `${part.role} ${part.channel.program}`);
    const random = randomOf(plan.detail, `counter in bar ${bar.index}`);
    for (const { step, length } of onsetsOf(figure, bar)) {
      const tones = chordAt(bar, step).tones;
      const guides = tones.length > 3 ? [tones[1]!, tones[3]!] : [tones[1]!, tones[2]!];
      const aim = at + pick(random, [-3, -1, 1, 3]);
      at = reflected(part, nearest(step === 0 ? guides : tones, aim));
      notes.push({ bar: bar.index, step, length: length * part.legato, pitch: at, velocity: 78 });
    }
  }
  notes.push(endingNote(plan, reflected(part, nearest(plan.ending.tones, at)), 76));
  return notes;
}
