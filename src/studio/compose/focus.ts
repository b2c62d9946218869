/**
 * Form for music to work by: segments of about half a minute, all of one kind and one energy, that pass
 * into each other without a fill, a crash or a part that comes or goes. A theme stays for a few segments;
 * what changes is what is played, not how much.
 */
import type { Section } from "../score.ts";
import type { Style } from "../style.ts";
import { fullEnergy, phraseBars } from "./figure.ts";
import { quietest, type Timing } from "./form.ts";

const segmentSeconds = 30;
/** So high that a style has its ensemble, and so low that it keeps to its calm figures. */
const mostEnergy = fullEnergy - 0.02;

/** Bars of each segment: whole phrases, and what is left over with the last. */
function lengthsOf({ bars, barSeconds }: Timing): number[] {
  const phraseSeconds = phraseBars * barSeconds;
  const size = phraseBars * Math.max(1, Math.round(segmentSeconds / phraseSeconds));
  const count = Math.max(1, Math.round(bars / size));
  return Array.from({ length: count }, (_, i) => (i < count - 1 ? size : bars - size * i));
}

/** Seconds before the bar line that a segment ends: no hand is so early. */
const segmentLead = 0.03;
/** Seconds after the bar line that must be rendered before the segment before it can be finished. */
export const segmentForesight = 0.3;

/** When the segments end, in seconds. */
export function segmentEnds(
  sections: readonly Section[],
  { gridStart, barSeconds }: Timing,
  duration: number,
): number[] {
  const lines = sections.slice(1).map(({ firstBar }) => gridStart + firstBar * barSeconds);
  return [...lines.map((line) => line - segmentLead), duration];
}

/**
 * @param energyShift what mood and energy ask for
 * @param before how many segments an earlier piece had that this one continues
 */
export function planSegments(
  timing: Timing,
  style: Style,
  energyShift: number,
  before: number,
): Section[] {
  const wished = Math.min(mostEnergy, style.energy.verse + energyShift);
  const energy = Math.max(quietest(style, "verse"), wished);
  if (timing.bars === 0) return [];
  let firstBar = 0;
  return lengthsOf(timing).map((bars, index) => {
    firstBar += bars;
    return { kind: "verse", occurrence: before + index, firstBar: firstBar - bars, bars, energy };
  });
}
