/** The bass: figures of roots, fifths and ways to the next root, with the bass drum and in answer to it. */
import { type Random, randomOf } from "../random.ts";
import { type BassPart, drumKeys } from "../style.ts";
import { figureFor, leaderInto, type Onset, onsetsOf } from "./figure.ts";
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

/** A run of scale steps in eighths that ends just before the next bar's root. */
function run(bar: Bar, range: Range): { step: number; length: number; pitch: number }[] {
  const { steps, beatSteps } = bar.metre;
  const count = beatSteps === 6 ? 3 : 4;
  const chord = chordAt(bar, steps - 1);
  const next = lowest(bar.next.tones[0]!, range);
  const direction = next > lowest(chord.tones[0]!, range) ? -1 : 1;
  return Array.from({ length: count }, (_, index) => {
    const pitch = stepFrom(chord.scale, next, direction * (count - index));
    return { step: steps - 2 * (count - index), length: 2, pitch: foldInto(range, pitch) };
  });
}

/** Where the bass drum sounds, as `bar:step`. */
function kicksOf(drums: readonly SketchNote[]): Set<string> {
  const kicks = drums.filter((note) => note.pitch === drumKeys.kick);
  return new Set(kicks.map((note) => `${note.bar}:${note.step}`));
}

/** @param drums what the drums play, with which the bass agrees */
export function writeBass(part: BassPart, plan: Plan, drums: readonly SketchNote[]): SketchNote[] {
  const notes: SketchNote[] = [];
  const kicks = kicksOf(drums);
  for (const bar of plan.bars) {
    if (!playsIn(part, bar.section, plan)) continue;
    const random = randomOf(plan.detail, `bass in bar ${bar.index}`);
    const figure = figureFor(part.figures, bar, plan.seed, `bass ${part.channel.program}`);
    const onsets = onsetsOf(figure, bar);
    const leads = onsets.length > 2 && kicks.size > 0 && leaderInto(bar, plan.detail) === "bass";
    const end = leads ? bar.metre.steps - (bar.metre.beatSteps === 6 ? 6 : 8) : bar.metre.steps;
    const pitched = onsets
      .filter(({ step }) => step < end)
      .map(({ step, symbol, length }: Onset) => ({
        step,
        length: Math.min(length, end - step),
        pitch: pitchFor(symbol, step, bar, part.range, random),
      }));
    for (const { step, length, pitch } of leads ? [...pitched, ...run(bar, part.range)] : pitched) {
      const accent = step === 0 || step === bar.metre.turn ? 98 : 84;
      const velocity = accent + (kicks.has(`${bar.index}:${step}`) ? 6 : 0);
      notes.push({ bar: bar.index, step, length: length * 0.94, pitch, velocity });
    }
  }
  notes.push(endingNote(plan, lowest(plan.ending.tones[0]!, part.range), 94));
  return notes;
}
