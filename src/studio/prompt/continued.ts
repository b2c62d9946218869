/**
 * Understanding a request to continue a piece: style, ensemble, key, tempo and metre are the piece's own;
 * the words of the request may only ask for another mood or energy from there on.
 */
import type { Handover } from "../compose/handover.ts";
import { energyShift, readEnergy } from "./energy.ts";
import { nothingAsked } from "./instruments.ts";
import { first, type Interpretation, textsOf, type Wording } from "./interpret.ts";
import { readMood } from "./mood.ts";

export function continued(from: Handover, wording: Wording): Interpretation {
  const texts = textsOf(wording);
  const mood = first(texts, ({ text }) => readMood(text));
  const energy = first(texts, ({ raw, text }) => readEnergy(raw, text));
  const isAsked = mood.value !== null || energy.value !== null;
  const asked = (mood.value?.energy ?? 0) + energyShift[energy.value ?? "medium"];
  return {
    style: from.style,
    tempo: { bpm: from.tempo, exact: true },
    key: from.key,
    metre: from.metre,
    mood: mood.value?.name ?? from.mood,
    era: from.era,
    energy: energy.value ?? from.energy,
    energyShift: isAsked ? asked : from.energyShift,
    instruments: nothingAsked,
    // The field that names the earlier piece names all these.
    sources: {
      genre: "field",
      mood: mood.value === null ? "field" : mood.source,
      tempo: "field",
      tonic: "field",
      mode: "field",
      metre: "field",
      energy: energy.value === null ? "field" : energy.source,
      era: "field",
    },
  };
}
