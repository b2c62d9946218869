/** Instruments in a prompt: who plays the tune, and who stays away. */
import type { Part } from "../style.ts";
import { declines, mentions } from "./text.ts";

/** Words for an instrument that can play the tune, with its General MIDI program. */
const leads: Readonly<Record<string, number>> = {
  piano: 0,
  rhodes: 4,
  "electric piano": 4,
  celesta: 8,
  glockenspiel: 9,
  "music box": 10,
  vibraphone: 11,
  vibes: 11,
  marimba: 12,
  guitar: 25,
  "acoustic guitar": 25,
  "nylon guitar": 24,
  "classical guitar": 24,
  "electric guitar": 27,
  "jazz guitar": 26,
  violin: 40,
  violins: 40,
  cello: 42,
  harp: 46,
  trumpet: 56,
  horn: 60,
  "french horn": 60,
  sax: 65,
  saxophone: 65,
  oboe: 68,
  clarinet: 71,
  flute: 73,
  "pan flute": 75,
  kalimba: 108,
  synth: 81,
  synthesizer: 81,
};

const drumWords = ["drums", "drum", "percussion", "beat", "beats"];

/** The program of a wanted instrument, that with the longest name if there are several; null for none. */
export function readLead(text: string): number | null {
  const names = Object.keys(leads).sort((a, b) => b.length - a.length);
  const name = names.find((word) => mentions(text, word) && !declines(text, word));
  return name === undefined ? null : leads[name]!;
}

/** Whether the text asks for music without drums, without bass, without a tune. */
export function declinedRoles(text: string): Set<Part["role"]> {
  const roles = new Set<Part["role"]>();
  if (drumWords.some((word) => declines(text, word))) roles.add("drums");
  if (["drumless", "beatless"].some((word) => mentions(text, word))) roles.add("drums");
  if (declines(text, "bass")) roles.add("bass");
  if (declines(text, "melody") || declines(text, "lead")) roles.add("melody");
  return roles;
}
