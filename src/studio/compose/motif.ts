/**
 * Motifs: a bar's rhythm with a contour in scale steps. A theme has two; a phrase of four bars states
 * them, varies the first, and comes to rest.
 */

import type { Metre } from "../metre.ts";
import { pick, pickWeighted, type Random, randomOf } from "../random.ts";
import type { Bar } from "./plan.ts";

export interface MotifNote {
  readonly step: number;
  readonly length: number;
  /** Scale steps from the note before. */
  readonly move: number;
}
export type Motif = readonly MotifNote[];

function randomMove(random: Random, leap: number, balance: number): number {
  const size = pickWeighted(random, [
    [0, 0.6],
    [1, 5],
    [2, 1.6 * leap],
    [3, 0.7 * leap],
    [4, 0.35 * leap],
  ] as const);
  // What has gone up tends to come down.
  return random() < 0.5 + balance * 0.09 ? -size : size;
}

/** A motif in one of the rhythms (figures with `x` and `-`, a bar each). */
export function makeMotif(rhythms: readonly string[], leap: number, random: Random): Motif {
  const rhythm = pick(random, rhythms).replaceAll(" ", "");
  const notes: MotifNote[] = [];
  let balance = 0;
  for (let step = 0; step < rhythm.length; step++) {
    if (rhythm[step] !== "x" && rhythm[step] !== "X") continue;
    let length = 1;
    while (rhythm[step + length] === "-") length++;
    const move = randomMove(random, leap, balance);
    balance += move;
    notes.push({ step, length, move });
  }
  return notes;
}

/** The same rhythm with one or two turns of the contour changed, and sometimes a long note divided. */
export function vary(motif: Motif, leap: number, random: Random): Motif {
  const changed = motif.map((note) =>
    random() < 0.3 ? { ...note, move: randomMove(random, leap, note.move) } : note,
  );
  const long = changed.findIndex((note) => note.length >= 4);
  if (long < 0 || random() < 0.5) return changed;
  const note = changed[long]!;
  const first = { ...note, length: note.length / 2 };
  const second = {
    step: note.step + note.length / 2,
    length: note.length / 2,
    move: pick(random, [-1, 1]),
  };
  return [...changed.slice(0, long), first, second, ...changed.slice(long + 1)];
}

/** The motif's beginning, then one long note: where a phrase rests. */
export function cadence(motif: Motif, { beatSteps, turn, steps }: Metre): Motif {
  const opening = motif.filter((note) => note.step < turn - 2);
  const step = Math.max(beatSteps, ...opening.map((note) => note.step + note.length));
  const rest = { step: Math.min(turn, step), length: Math.max(4, steps - turn - 2), move: 0 };
  return [...opening.filter((note) => note.step < rest.step), rest];
}

/** The motif's beginning, and the same again a little higher or lower: a sequence. */
export function developed(motif: Motif, { turn, steps }: Metre, random: Random): Motif {
  const opening = motif.filter((note) => note.step < Math.min(turn, steps - turn));
  if (opening.length < 2) return motif;
  const [head, ...rest] = opening.map((note) => ({
    ...note,
    length: Math.min(note.length, turn - note.step),
  }));
  const risen = opening.reduce((sum, note) => sum + note.move, -head!.move);
  const back = pick(random, [-2, -1, 1, 2]) - risen;
  const again = [{ ...head!, move: back }, ...rest];
  return [head!, ...rest, ...again.map((note) => ({ ...note, step: note.step + turn }))];
}

/** The motif that a bar of the theme has: stated, answered, varied, brought to rest. */
export function motifFor(bar: Bar, rhythms: readonly string[], leap: number, seed: number): Motif {
  const theme = randomOf(seed, `motifs of ${bar.developed ?? bar.theme}`);
  const first = makeMotif(rhythms, leap, theme);
  const second = makeMotif(rhythms, leap, theme);
  const change = randomOf(
    seed,
    `variation of ${bar.theme} ${bar.section.occurrence} ${bar.inSection}`,
  );
  const inPhrase = bar.inSection % 4;
  if (inPhrase === 3 || (bar.isLastOfSection && bar.inSection > 0))
    return cadence(first, bar.metre);
  const plain = inPhrase === 1 ? second : first;
  if (bar.developed !== null) return developed(plain, bar.metre, change);
  const isFirstStatement = bar.section.occurrence === 0 && bar.inSection < 2;
  return isFirstStatement ? plain : vary(plain, leap, change);
}
