/** Performance: from written notes to sounding ones, with swing, loose timing and a living touch. */
import type { Metre } from "../metre.ts";
import { bell, randomOf } from "../random.ts";
import type { NoteEvent, Section } from "../score.ts";
import type { Part, Style } from "../style.ts";
import type { Timing } from "./form.ts";
import type { Plan } from "./plan.ts";
import type { SketchNote } from "./sketch.ts";

/** Shorter notes than this are not worth a stroke, in seconds. */
const shortest = 0.03;

/**
 * The sixteenth `step` in parts of a bar, with every second unit late as the style swings; beats that
 * are divided in three have their swing already.
 */
function swung(step: number, { unit, ratio }: Style["swing"], { beatSteps, steps }: Metre): number {
  if (beatSteps !== 4) return step / steps;
  const pair = 2 * unit;
  const within = step % pair;
  const late =
    within < unit ? within * 2 * ratio : unit * 2 * ratio + (within - unit) * 2 * (1 - ratio);
  return (step - within + late) / steps;
}

/** How a phrase of four bars breathes. */
const arc = [0, 0.04, 0.07, 0.02];

/**
 * How loud a bar is played: as its section, with the phrase's arc; towards a louder section it swells
 * over the last two bars.
 */
function dynamics(plan: Plan, bar: number): number {
  const own = plan.bars[bar];
  if (own === undefined) return 0.8;
  const next: Section | undefined = plan.bars[bar + 2]?.section;
  const swell = next !== undefined && next.energy > own.section.energy ? 0.1 : 0;
  return own.section.energy + swell + arc[own.inSection % arc.length]!;
}

/**
 * Plays one part's notes.
 *
 * @param index the part's index in the score
 * @returns notes within the piece; of two that overlap on one pitch, the first gives way
 */
export function perform(
  sketch: readonly SketchNote[],
  part: Part,
  index: number,
  context: {
    readonly plan: Plan;
    readonly timing: Timing;
    readonly style: Style;
    readonly duration: number;
  },
): NoteEvent[] {
  const { plan, timing, style, duration } = context;
  const random = randomOf(plan.detail, `hand of part ${index}`);
  const at = (bar: number, step: number) =>
    timing.gridStart + timing.barSeconds * (bar + swung(step, style.swing, plan.metre));
  const played = sketch.flatMap((note): NoteEvent[] => {
    const written = at(note.bar, note.step);
    const end = Number.isFinite(note.length)
      ? Math.min(duration, at(note.bar, note.step + note.length))
      : duration;
    const looseness = (bell(random) * part.loose) / 2000;
    const start = Math.max(0, written + (note.delay ?? 0) + looseness);
    const touch = 0.8 + 0.24 * dynamics(plan, note.bar);
    const velocity = Math.round(note.velocity * touch + bell(random) * 4);
    // A short piece may begin within its first bar: what is held into it still sounds.
    if (end <= shortest || (written < -0.01 && end < timing.barSeconds / 4)) return [];
    if (end - start < shortest) return [];
    return [
      {
        part: index,
        start,
        duration: end - start,
        pitch: note.pitch,
        velocity: Math.max(1, Math.min(127, velocity)),
      },
    ];
  });
  return withoutOverlaps(played);
}

function withoutOverlaps(notes: NoteEvent[]): NoteEvent[] {
  const sorted = notes.sort((a, b) => a.pitch - b.pitch || a.start - b.start);
  return sorted.flatMap((note, i): NoteEvent[] => {
    const next = sorted[i + 1];
    if (next === undefined || next.pitch !== note.pitch) return [note];
    const room = next.start - note.start;
    if (room < shortest) return [];
    return room < note.duration ? [{ ...note, duration: room - 0.004 }] : [note];
  });
}
