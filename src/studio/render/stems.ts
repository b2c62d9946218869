/**
 * Stems: the mix in five parts that add up to it. Each goes through the same filters and tape as the mix,
 * and takes the gain of the mix's compressor; reverb, echo and dust are the effects.
 */
import { highpass, lowpass, StereoBiquad } from "../dsp/biquad.ts";
import { add, type StateArray, type Stateful, type Stereo } from "../dsp/state.ts";
import { Tape } from "../dsp/tape.ts";
import type { Score, ScorePart } from "../score.ts";
import type { Style } from "../style.ts";

export const stemNames = ["drums", "bass", "harmony", "melody", "effects"] as const;
export type StemName = (typeof stemNames)[number];

/** Below this there is nothing but rumble. */
const rumbleHertz = 28;

const stemOfRole: Readonly<Record<string, StemName>> = {
  drums: "drums",
  bass: "bass",
  melody: "melody",
  counter: "melody",
};

export function stemOf({ role }: ScorePart): StemName {
  return stemOfRole[role] ?? "harmony";
}

/** What happens to a bus around the compressor: a filter before it, tape and low-pass after it. */
export class BusFinish implements Stateful {
  readonly #rumble = new StereoBiquad(highpass(rumbleHertz));
  readonly #tape: Tape | null;
  readonly #lowpass: StereoBiquad | null;

  /** @param withDust whether the tape's noise belongs to this bus */
  constructor({ tape, lowpass: hertz }: Style, withDust: boolean) {
    const dust = withDust ? (tape?.dust ?? 0) : 0;
    this.#tape = tape === undefined ? null : new Tape({ ...tape, dust });
    this.#lowpass = hertz === undefined ? null : new StereoBiquad(lowpass(hertz));
  }

  get state(): readonly StateArray[] {
    return [...this.#rumble.state, ...(this.#tape?.state ?? []), ...(this.#lowpass?.state ?? [])];
  }

  before(bus: Stereo): void {
    this.#rumble.process(bus);
  }

  after(bus: Stereo): void {
    this.#tape?.process(bus);
    this.#lowpass?.process(bus);
  }
}

export class StemBuses implements Stateful {
  /** For each part, the index of its stem. */
  readonly #places: readonly number[];
  readonly #finishes: readonly BusFinish[];

  constructor(score: Score) {
    this.#places = score.parts.map((part) => stemNames.indexOf(stemOf(part)));
    this.#finishes = stemNames.map((name) => new BusFinish(score.style, name === "effects"));
  }

  get state(): readonly StateArray[] {
    return this.#finishes.flatMap((finish) => finish.state);
  }

  clear(stems: readonly Stereo[]): void {
    for (const stem of stems) {
      stem.left.fill(0);
      stem.right.fill(0);
    }
  }

  addPart(stems: readonly Stereo[], part: number, sound: Stereo): void {
    add(stems[this.#places[part]!]!, sound, 1);
  }

  addEffect(stems: readonly Stereo[], sound: Stereo, gain: number): void {
    add(stems[stemNames.indexOf("effects")]!, sound, gain);
  }

  before(stems: readonly Stereo[]): void {
    this.#finishes.forEach((finish, index) => {
      finish.before(stems[index]!);
    });
  }

  after(stems: readonly Stereo[]): void {
    this.#finishes.forEach((finish, index) => {
      finish.after(stems[index]!);
    });
  }
}
