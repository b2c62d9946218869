/** Orchestration: when a kind of section returns, another part of the accompaniment is left out. */
import { pick, randomOf } from "../random.ts";
import type { Section } from "../score.ts";
import type { Part } from "../style.ts";

const accompanying: readonly Part["role"][] = ["chords", "pad", "arpeggio", "counter"];

/** Whether the section's kind and energy let the part play. */
export function entersIn(part: Part, section: Section): boolean {
  return section.energy >= part.enters && !(part.rests ?? []).includes(section.kind);
}

/**
 * The parts that rest in each section: one of the accompaniment where at least two play, never the same
 * in two such sections running. What is heard for the first time is complete, and so are the edges.
 *
 * @param before the parts, by index, that rest in the first section because they did before it
 */
export function orchestrate(
  parts: readonly Part[],
  sections: readonly Section[],
  seed: number,
  before: readonly number[] | null = null,
): Map<Section, Set<Part>> {
  const resting = new Map<Section, Set<Part>>();
  let last: Part | null = null;
  for (const section of sections) {
    if (before !== null && section === sections[0]) {
      resting.set(section, new Set(before.flatMap((index) => parts[index] ?? [])));
      continue;
    }
    const isEdge = section.kind === "intro" || section.kind === "outro";
    if (section.occurrence === 0 || isEdge) continue;
    const playing = parts.filter(
      (part) => accompanying.includes(part.role) && entersIn(part, section),
    );
    if (playing.length < 2) continue;
    const random = randomOf(seed, `rests of ${section.kind} ${section.occurrence}`);
    last = pick(
      random,
      playing.filter((part) => part !== last),
    );
    resting.set(section, new Set([last]));
  }
  return resting;
}
