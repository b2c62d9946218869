/** Notes as players write them, in bars and sixteenths, before they are performed in time. */
import type { Section } from "../score.ts";
import type { Part } from "../style.ts";
import { entersIn } from "./orchestrate.ts";
import type { Plan } from "./plan.ts";

export interface SketchNote {
  readonly bar: number;
  /** Sixteenth within the bar, may be fractional. */
  readonly step: number;
  /** In sixteenths. */
  readonly length: number;
  readonly pitch: number;
  /** As meant, before the section's energy and the player's hand change it. */
  readonly velocity: number;
  /** Seconds after the written time: a strum. */
  readonly delay?: number;
}

/** Whether a part plays in a section. */
export function playsIn(part: Part, section: Section, plan: Plan): boolean {
  return entersIn(part, section) && plan.resting.get(section)?.has(part) !== true;
}
