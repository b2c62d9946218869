/** Chords, pads and arpeggios: figures over led voicings. */
import type { HarmonyPart } from "../style.ts";
import { accentOf, figureFor, type Onset, onsetsOf } from "./figure.ts";
import { type Bar, chordAt, type Plan } from "./plan.ts";
import { playsIn, type SketchNote } from "./sketch.ts";
import type { Chord } from "./theory.ts";
import { voice } from "./voicing.ts";

/** Two chords in a bar: what is held over the change is struck again with the second. */
function splitAtChange(onsets: readonly Onset[], bar: Bar): Onset[] {
  const { turn } = bar.metre;
  if (bar.chords.length < 2) return [...onsets];
  return onsets.flatMap((onset) => {
    const end = onset.step + onset.length;
    if (onset.step >= turn || end <= turn) return [onset];
    const first = { ...onset, length: turn - onset.step };
    return [first, { ...onset, step: turn, length: end - turn }];
  });
}

/** The notes that an onset sounds: the whole voicing, or the one that a digit counts out. */
function struck(symbol: string, voicing: readonly number[]): number[] {
  if (symbol < "0" || symbol > "9") return [...voicing];
  const index = Number(symbol);
  const octaves = Math.floor(index / voicing.length);
  return [voicing[index % voicing.length]! + 12 * octaves];
}

export function writeHarmony(part: HarmonyPart, plan: Plan): SketchNote[] {
  const notes: SketchNote[] = [];
  const strum = (part.strumMs ?? 0) / 1000;
  let voicing = [...(plan.before.get(part) ?? [])];
  for (const bar of plan.bars) {
    if (!playsIn(part, bar.section, plan)) continue;
    const figure = figureFor(part.figures, bar, plan.seed, `${part.role} ${part.channel.program}`);
    let sounding: Chord | null = null;
    for (const { step, symbol, length } of splitAtChange(onsetsOf(figure, bar), bar)) {
      const chord = chordAt(bar, step);
      if (chord !== sounding) voicing = voice(chord, part.range, voicing);
      sounding = chord;
      const velocity = accentOf(symbol);
      for (const [index, pitch] of struck(symbol, voicing).entries()) {
        notes.push({ bar: bar.index, step, length, pitch, velocity, delay: index * strum });
      }
    }
  }
  const strumEnd = Math.max(strum, 0.018);
  for (const [index, pitch] of voice(plan.ending, part.range, voicing).entries()) {
    notes.push(endingNote(plan, pitch, 84, index * strumEnd));
  }
  return notes;
}

/** A note of the last chord: as long as there is time. */
export function endingNote(plan: Plan, pitch: number, velocity: number, delay = 0): SketchNote {
  const length = Number.POSITIVE_INFINITY;
  return { bar: plan.bars.length, step: 0, length, pitch, velocity, delay };
}
