/** Energy in a prompt, as a level of its own beside the mood: `high energy`, `low-key`, `energy 7/10`. */
import { wants } from "./text.ts";

export type Energy = "low" | "medium" | "high";

const words: readonly (readonly [Energy, readonly string[]])[] = [
  [
    "low",
    [
      "low energy",
      "low key",
      "lowkey",
      "minimal",
      "sparse",
      "understated",
      "subdued",
      "restrained",
    ],
  ],
  ["medium", ["medium energy", "moderate energy", "mid energy"]],
  [
    "high",
    ["high energy", "full energy", "maximum energy", "high octane", "explosive", "hard hitting"],
  ],
];

/** What each level adds to the energy of every section. */
export const energyShift: Readonly<Record<Energy, number>> = { low: -0.2, medium: 0, high: 0.2 };

const scale = /\benergy\s*(?:level)?\s*(?:of|:|=|is|at)?\s*(\d{1,2})\s*(?:\/|out of)\s*10\b/i;

/**
 * The level that is named, if any.
 *
 * @param raw the text as written
 * @param text the same, normalized
 */
export function readEnergy(raw: string, text: string): Energy | null {
  const digits = scale.exec(raw)?.[1];
  if (digits !== undefined) {
    const level = Number(digits);
    return level <= 3 ? "low" : level <= 6 ? "medium" : "high";
  }
  const named = words.find(([, phrases]) => phrases.some((phrase) => wants(text, phrase)));
  return named?.[0] ?? null;
}
