/**
 * Metre: how a bar divides into beats, and how figures written in one metre are played in another, so
 * that every style can be asked for in any of them.
 */

export const metres = ["4/4", "3/4", "5/4", "6/8"] as const;
export type MetreName = (typeof metres)[number];

export interface Metre {
  readonly name: MetreName;
  /** What the tempo counts: quarters, in 6/8 dotted ones. */
  readonly beats: number;
  /** Sixteenths in a beat. */
  readonly beatSteps: number;
  /** Sixteenths in a bar. */
  readonly steps: number;
  /** The sixteenth where the second of two chords begins, and a fill. */
  readonly turn: number;
}

/** A bar of 6/8 stands for two written ones, so that it holds four beats like a bar of 4/4. */
const table: Readonly<Record<MetreName, Metre>> = {
  "4/4": { name: "4/4", beats: 4, beatSteps: 4, steps: 16, turn: 8 },
  "3/4": { name: "3/4", beats: 3, beatSteps: 4, steps: 12, turn: 8 },
  "5/4": { name: "5/4", beats: 5, beatSteps: 4, steps: 20, turn: 12 },
  "6/8": { name: "6/8", beats: 4, beatSteps: 6, steps: 24, turn: 12 },
};

export function metreOf(name: MetreName): Metre {
  return table[name];
}

/** Which beats of a bar of so many make up a bar of so many others: both ends stay. */
const beatMaps: Readonly<Record<string, readonly number[]>> = {
  "4>3": [0, 1, 3],
  "4>5": [0, 1, 2, 2, 3],
  "3>4": [0, 1, 2, 1],
  "3>5": [0, 1, 2, 0, 1],
  "5>4": [0, 1, 3, 4],
  "5>3": [0, 1, 4],
};

/** A beat of four sixteenths as triplets of two: the second half comes late, as in a shuffle. */
function toCompound(beat: string): string {
  const [first, second, third, fourth] = beat as unknown as [string, string, string, string];
  return `${first}${second === "-" ? "-" : "."}${second}${third === "-" ? "-" : "."}${third}${fourth}`;
}

function toSimple(beat: string): string {
  return `${beat[0]}${beat[2]}${beat[4]}${beat[5]}`;
}

function fitBar(bar: string, from: Metre, to: Metre): string {
  const beats = Array.from({ length: from.beats }, (_, i) =>
    bar.slice(i * from.beatSteps, (i + 1) * from.beatSteps),
  );
  const order = beatMaps[`${from.beats}>${to.beats}`] ?? beats.map((_, index) => index);
  const fitted = order.map((index) => beats[index]!);
  if (from.beatSteps === to.beatSteps) return fitted.join("");
  return fitted.map(to.beatSteps === 6 ? toCompound : toSimple).join("");
}

/** `figure` (whole bars of `from`) as it is played in `to`. */
export function fitFigure(figure: string, from: Metre, to: Metre): string {
  const symbols = figure.replaceAll(" ", "");
  if (from.name === to.name) return symbols;
  const bars = symbols.match(new RegExp(`.{${from.steps}}`, "g")) ?? [];
  return bars.map((bar) => fitBar(bar, from, to)).join("");
}
