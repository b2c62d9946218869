/** The bass: figures of roots, fifths and ways to the next root. */
import { type Random, randomOf } from "../random.ts";
import type { BassPart } from "../style.ts";
import { chooseFigure, onsetsOf } from "./figure.ts";
import { endingNote } from "./harmony.ts";
import { type Bar, chordAt, type Plan } from "./plan.ts";
import { playsIn, type SketchNote } from "./sketch.ts";
import { type Chord, foldInto, modulo, stepFrom } from "./theory.ts";

type Range = readonly [number, number];

/** The lowest note of the pitch class within the range. */
function lowest(tone: number, [low]: Range): number {
  return low + modulo(tone - low, 12);
}

function toneOf(chord: Chord, index: number): number {
  return chord.tones[index] ?? chord.tones[0]!;
}

function pitchFor(symbol: string, step: number, bar: Bar, range: Range, random: Random): number {
  const chord = chordAt(bar, step);
  const root = lowest(chord.tones[0]!, range);
  const above = (tone: number) => foldInto(range, root + modulo(tone - root, 12));
  const next = lowest(bar.next.tones[0]!, range);
  if (symbol === "O") return foldInto(range, root + 12);
  if (symbol === "3") return above(toneOf(chord, 1));
  if (symbol === "5") return above(toneOf(chord, 2));
  if (symbol === "7") return above(toneOf(chord, 3));
  if (symbol === "w") return foldInto(range, stepFrom(chord.scale, root, next >= root ? 1 : -1));
  if (symbol === "a")
    return foldInto(range, next + (random() < 0.5 ? -1 : 1) * (random() < 0.6 ? 1 : 2));
  return root;
}

export function writeBass(part: BassPart, plan: Plan): SketchNote[] {
  const notes: SketchNote[] = [];
  for (const bar of plan.bars) {
    if (!playsIn(part, bar.section)) continue;
    const figures = randomOf(plan.seed, `bass figure of ${bar.theme}`);
    const random = randomOf(plan.seed, `bass in bar ${bar.index}`);
    const figure = chooseFigure(part.figures, bar.section.energy, figures);
    for (const { step, symbol, length } of onsetsOf(figure, bar)) {
      const pitch = pitchFor(symbol, step, bar, part.range, random);
      const velocity = step % 8 === 0 ? 98 : 84;
      notes.push({ bar: bar.index, step, length: length * 0.94, pitch, velocity });
    }
  }
  notes.push(endingNote(plan, lowest(plan.ending.tones[0]!, part.range), 94));
  return notes;
}
