/** Drums: a groove for each theme, fills where sections end, a crash where they begin. */
import { pick, type Random, randomOf } from "../random.ts";
import { type DrumName, type DrumPart, drumKeys, type Groove } from "../style.ts";
import { accentOf, chooseFor, fullEnergy, leaderInto, onsetsOf } from "./figure.ts";
import { endingNote } from "./harmony.ts";
import type { Bar, Plan } from "./plan.ts";
import { playsIn, type SketchNote } from "./sketch.ts";

/** Cymbals that a fill does not interrupt. */
const keptInFills: readonly DrumName[] = ["ride", "shaker", "pedal"];

function hits(groove: Groove, bar: Bar, from: number, to: number): SketchNote[] {
  return (Object.keys(groove) as DrumName[]).flatMap((name) =>
    onsetsOf(groove[name]!, bar)
      .filter(({ step }) => step >= from && step < to)
      .map(({ step, symbol }) => strike(bar.index, step, name, accentOf(symbol))),
  );
}

function strike(bar: number, step: number, name: DrumName, velocity: number): SketchNote {
  return { bar, step, length: 1, pitch: drumKeys[name], velocity };
}

/** Small liberties: now and then a soft hit is left out. */
function loosen(notes: SketchNote[], random: Random): SketchNote[] {
  return notes.filter((note) => note.velocity > 60 || random() > 0.18);
}

function kept(groove: Groove): Groove {
  return Object.fromEntries(
    keptInFills.flatMap((name) => (groove[name] ? [[name, groove[name]]] : [])),
  );
}

function writeBar(part: DrumPart, bar: Bar, plan: Plan): SketchNote[] {
  const grooves = bar.section.energy >= fullEnergy ? part.full : part.calm;
  if (grooves.length === 0) return [];
  const groove = chooseFor(grooves, bar, plan.seed, "groove");
  const random = randomOf(plan.detail, `drums in bar ${bar.index}`);
  const { steps } = bar.metre;
  const from = part.fills.length > 0 ? fillStart(bar, plan) : steps;
  if (from === steps) return loosen(hits(groove, bar, 0, steps), random);
  const fill = pick(random, part.fills);
  return [
    ...hits(groove, bar, 0, from),
    ...hits(kept(groove), bar, from, steps),
    ...hits(fill, bar, from, steps),
  ];
}

/** Where in the bar a fill begins: none, the last beat between phrases, more before a new section. */
function fillStart(bar: Bar, plan: Plan): number {
  const { steps, beatSteps, turn } = bar.metre;
  if (plan.isEven) return steps;
  if (bar.isLastOfSection && bar.inSection > 0) return turn;
  return leaderInto(bar, plan.detail) === "drums" ? steps - beatSteps : steps;
}

export function writeDrums(part: DrumPart, plan: Plan): SketchNote[] {
  const notes: SketchNote[] = [];
  for (const bar of plan.bars) {
    if (!playsIn(part, bar.section, plan)) continue;
    notes.push(...writeBar(part, bar, plan));
    const opens = bar.inSection === 0 && bar.section.energy >= fullEnergy && bar.index > 0;
    if (opens && part.crash !== null) notes.push(strike(bar.index, 0, part.crash, 92));
  }
  if (part.crash !== null) {
    notes.push(endingNote(plan, drumKeys.kick, 88), endingNote(plan, drumKeys[part.crash], 80));
  }
  return notes;
}
