/** Reading figures: strings with a character for each sixteenth (see `Style`). */
import { randomOf } from "../random.ts";
import type { Figures } from "../style.ts";
import type { Bar } from "./plan.ts";

/** Sections with at least this energy play the `full` figures. */
export const fullEnergy = 0.62;
/** Bars in a phrase. */
export const phraseBars = 4;

export interface Onset {
  /** Sixteenth within the bar. */
  readonly step: number;
  readonly symbol: string;
  /** Sixteenths until the note ends, within the bar. */
  readonly length: number;
}

/** The onsets of the bar's part of `figure`, which has one bar or more. */
export function onsetsOf(figure: string, bar: Bar): Onset[] {
  const { steps } = bar.metre;
  const symbols = figure.replaceAll(" ", "");
  const at = (bar.inSection * steps) % symbols.length;
  const own = symbols.slice(at, at + steps);
  const onsets: Onset[] = [];
  for (let step = 0; step < own.length; step++) {
    const symbol = own[step]!;
    if (symbol === "." || symbol === "-") continue;
    let length = 1;
    while (own[step + length] === "-") length++;
    onsets.push({ step, symbol, length });
  }
  return onsets;
}

/**
 * Which of `list` a bar has: its theme's, moved on by one where the theme returns changed, and often in
 * the last bar of a phrase.
 *
 * @param player names who asks, so that players choose apart
 */
export function chooseFor<T>(list: readonly T[], bar: Bar, seed: number, player: string): T {
  const own = Math.floor(randomOf(seed, `${player} of ${bar.theme}`)() * list.length);
  const { occurrence } = bar.section;
  const returns = randomOf(seed, `${player} of ${bar.theme} again ${occurrence}`)();
  const turns = randomOf(seed, `${player} turns in ${bar.theme} ${occurrence}`)();
  const isLast = bar.inSection % phraseBars === phraseBars - 1;
  const moved = (occurrence > 0 && returns < 0.4 ? 1 : 0) + (isLast && turns < 0.6 ? 1 : 0);
  return list[(own + moved) % list.length]!;
}

/** The figure that a bar of this energy uses. */
export function figureFor(figures: Figures, bar: Bar, seed: number, player: string): string {
  const isFull = bar.section.energy >= fullEnergy;
  return chooseFor(isFull ? figures.full : figures.calm, bar, seed, player);
}

/**
 * Who leads from one phrase to the next within a section; where a section ends it is always the drums.
 */
export function leaderInto(bar: Bar, seed: number): "bass" | "drums" | null {
  const isPhraseEnd = bar.inSection % phraseBars === phraseBars - 1 && !bar.isLastOfSection;
  if (!isPhraseEnd || bar.section.energy < fullEnergy) return null;
  return randomOf(seed, `who leads after bar ${bar.index}`)() < 0.55 ? "bass" : "drums";
}

/** How loud a symbol is meant, 1 to 127. */
export function accentOf(symbol: string): number {
  if (symbol === "X") return 104;
  if (symbol === "o") return 66;
  return 86;
}
