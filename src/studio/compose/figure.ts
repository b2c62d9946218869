/** Reading figures: strings with a character for each sixteenth (see `Style`). */
import { pick, type Random } from "../random.ts";
import type { Figures } from "../style.ts";
import { type Bar, stepsPerBar } from "./plan.ts";

/** Sections with at least this energy play the `full` figures. */
export const fullEnergy = 0.62;

export interface Onset {
  /** Sixteenth within the bar. */
  readonly step: number;
  readonly symbol: string;
  /** Sixteenths until the note ends, within the bar. */
  readonly length: number;
}

/** The onsets of the bar's half of `figure`, which has one bar or two. */
export function onsetsOf(figure: string, bar: Bar): Onset[] {
  const symbols = figure.replaceAll(" ", "");
  const at = (bar.inSection * stepsPerBar) % symbols.length;
  const own = symbols.slice(at, at + stepsPerBar);
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

/** The figure that a section of this energy uses. */
export function chooseFigure(figures: Figures, energy: number, random: Random): string {
  return pick(random, energy >= fullEnergy ? figures.full : figures.calm);
}

/** How loud a symbol is meant, 1 to 127. */
export function accentOf(symbol: string): number {
  if (symbol === "X") return 104;
  if (symbol === "o") return 66;
  return 86;
}
