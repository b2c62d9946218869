/** Moods in a prompt, and what they do to mode, tempo, energy and tone. */
import type { Mode } from "../style.ts";
import { declines, mentions } from "./text.ts";

export interface Mood {
  readonly name: string;
  readonly words: readonly string[];
  /** Modes that carry it; null leaves the style's choice. */
  readonly modes: readonly Mode[] | null;
  /** Factor on a tempo that is not named. */
  readonly tempo: number;
  /** Added to each section's energy. */
  readonly energy: number;
  /** Decibels of treble for every part that is not drums. */
  readonly treble: number;
}

/** The words and phrases of a text that separates them by commas. */
function list(text: string): string[] {
  return text.split(",").map((word) => word.trim());
}

const major: readonly Mode[] = ["ionian", "lydian", "mixolydian"];
const minor: readonly Mode[] = ["aeolian", "dorian", "phrygian"];

const moods: readonly Mood[] = [
  {
    name: "happy",
    words: list(`
      happy, joyful, cheerful, upbeat, uplifting, bright, sunny, fun, playful, feel good,
      celebration, positive, alegre, feliz, joyeux, frohlich
    `),
    modes: major,
    tempo: 1.06,
    energy: 0.08,
    treble: 1.5,
  },
  {
    name: "sad",
    words: list(`
      sad, melancholic, melancholy, sorrow, sorrowful, mournful, lonely, grief, heartbreak,
      somber, tearful, wistful, bittersweet, triste, traurig
    `),
    modes: ["aeolian", "dorian"],
    tempo: 0.9,
    energy: -0.1,
    treble: -1.5,
  },
  {
    name: "dark",
    words: list(`
      dark, ominous, sinister, menacing, haunting, gloomy, horror, scary, eerie,
      mysterious, noir, oscuro, duster, sombre
    `),
    modes: ["aeolian", "phrygian"],
    tempo: 0.94,
    energy: 0,
    treble: -3,
  },
  {
    name: "calm",
    words: list(`
      calm, calming, peaceful, relaxing, relaxed, soothing, gentle, soft, quiet, serene,
      tranquil, sleepy, mellow, tranquilo, ruhig, calme
    `),
    modes: null,
    tempo: 0.93,
    energy: -0.15,
    treble: -1,
  },
  {
    name: "energetic",
    words: list(`
      energetic, powerful, intense, driving, hype, workout, action, aggressive, exciting,
      pumping, banger, party, energico, energie
    `),
    modes: null,
    tempo: 1.07,
    energy: 0.15,
    treble: 1.5,
  },
  {
    name: "epic",
    words: list(`
      epic, heroic, triumphant, majestic, grand, battle, victory, adventure, adventurous,
      huge, massive, epico
    `),
    modes: null,
    tempo: 1.02,
    energy: 0.15,
    treble: 0.5,
  },
  {
    name: "dreamy",
    words: list(`
      dreamy, dream, ethereal, floating, hazy, magical, otherworldly, hypnotic, space,
      cosmic, celestial, starry
    `),
    modes: ["lydian", "dorian", "ionian"],
    tempo: 0.96,
    energy: -0.05,
    treble: 0,
  },
  {
    name: "tense",
    words: list("tense, suspense, suspenseful, anxious, nervous, thriller, urgent, chase"),
    modes: minor,
    tempo: 1.06,
    energy: 0.08,
    treble: 0,
  },
  {
    name: "romantic",
    words: list("romantic, love, tender, warm, nostalgic, sentimental, intimate, wedding"),
    modes: ["ionian", "mixolydian", "dorian"],
    tempo: 0.95,
    energy: -0.05,
    treble: -0.5,
  },
  {
    name: "hopeful",
    words: list("hopeful, hope, inspiring, inspirational, optimistic, motivational, sunrise"),
    modes: ["ionian", "lydian"],
    tempo: 1,
    energy: 0.05,
    treble: 1,
  },
];

/** The mood that most words of the normalized text name; null when none does. */
export function readMood(text: string): Mood | null {
  let best: Mood | null = null;
  let most = 0;
  for (const mood of moods) {
    const named = mood.words.filter((word) => mentions(text, word) && !declines(text, word));
    if (named.length > most) {
      most = named.length;
      best = mood;
    }
  }
  return best;
}
