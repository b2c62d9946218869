/** The tune: motifs laid over the chords, strong notes on chord tones, leaps that come back. */
import { pick, randomOf } from "../random.ts";
import type { MelodyPart, SectionKind } from "../style.ts";
import { chooseFigure, fullEnergy, onsetsOf } from "./figure.ts";
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
function isStrong(step: number, length: number): boolean {
  return step % 8 === 0 || length >= 6 || (step % 4 === 0 && length >= 4);
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
    const pitch = isStrong(step, length) ? nearest(chord.tones, towards) : moved;
    at = reflected(part, pitch);
    const velocity = (step % 4 === 0 ? 92 : 80) + (bar.inSection % 4) * 2;
    notes.push({ bar: bar.index, step, length: length * part.legato, pitch: at, velocity });
  }
  return notes;
}

/** Several tunes take turns by section; `turn` of `players` is this one. */
export function writeMelody(
  part: MelodyPart,
  plan: Plan,
  turn: number,
  players: number,
): SketchNote[] {
  const notes: SketchNote[] = [];
  let at = (part.range[0] + part.range[1]) / 2;
  let sections = -1;
  for (const bar of plan.bars) {
    if (bar.inSection === 0) {
      sections++;
      at = nearest(bar.chords[0]!.tones, Math.round(anchorOf(part, bar)));
    }
    if (sections % players !== turn || !playsIn(part, bar.section)) continue;
    const written = writeBar(part, bar, at, plan);
    at = written.at(-1)?.pitch ?? at;
    notes.push(...written);
  }
  if (turn === 0) {
    const last = [plan.ending.tones[0]!, plan.ending.tones[1]!];
    const tone = pick(randomOf(plan.seed, "last note"), last);
    notes.push(endingNote(plan, reflected(part, nearest([tone], Math.round(at))), 86));
  }
  return notes;
}

/** A second voice: slow notes that move to the nearest chord tone, thirds and sevenths first. */
export function writeCounter(part: MelodyPart, plan: Plan): SketchNote[] {
  const notes: SketchNote[] = [];
  let at = Math.round((part.range[0] + part.range[1]) / 2);
  for (const bar of plan.bars) {
    if (!playsIn(part, bar.section)) continue;
    const figures = randomOf(plan.seed, `${part.role} ${part.channel.program} of ${bar.theme}`);
    const figure = chooseFigure(part.figures, bar.section.energy, figures);
    const random = randomOf(plan.seed, `counter in bar ${bar.index}`);
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
