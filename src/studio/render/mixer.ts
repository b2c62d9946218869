/**
 * The mixing desk: every part through its strip into the mix, the reverb and the echo; then the bus
 * with a rumble filter, a gentle compressor, and what the style adds (tape, low-pass).
 */
import { highpass, StereoBiquad } from "../dsp/biquad.ts";
import { Compressor } from "../dsp/compressor.ts";
import { duckDepth } from "../dsp/duck.ts";
import { Echo } from "../dsp/echo.ts";
import { Reverb } from "../dsp/reverb.ts";
import {
  add,
  gainOf,
  type StateArray,
  type Stateful,
  type Stereo,
  sampleRate,
  slice,
  stereo,
} from "../dsp/state.ts";
import type { Score } from "../score.ts";
import { drumKeys } from "../style.ts";
import { BusFinish, StemBuses } from "./stems.ts";
import { Strip } from "./strip.ts";
import { blockFrames } from "./synthesize.ts";

const fadeInFrames = 64;
const busCompressor = { thresholdDb: -19, ratio: 2, attackSeconds: 0.03, releaseSeconds: 0.25 };

interface Buses {
  readonly mix: Stereo;
  readonly reverb: Stereo;
  readonly echo: Stereo;
}

export class Mixer implements Stateful {
  readonly #score: Score;
  readonly #strips: readonly Strip[];
  readonly #reverb: Reverb;
  readonly #echo: Echo;
  readonly #reverbLow = new StereoBiquad(highpass(220));
  readonly #compressor = new Compressor(busCompressor);
  readonly #finish: BusFinish;
  readonly #stems: StemBuses | null;
  readonly #kicks: readonly number[];
  readonly #buses: Buses = {
    mix: stereo(blockFrames),
    reverb: stereo(blockFrames),
    echo: stereo(blockFrames),
  };
  readonly #depth = new Float32Array(blockFrames);

  /** @param withStems whether `process` also fills stems */
  constructor(score: Score, withStems = false) {
    const { style } = score;
    const beat = 60 / score.tempo;
    this.#score = score;
    this.#strips = score.parts.map((part) => new Strip(part.channel));
    this.#reverb = new Reverb(style.reverb);
    this.#echo = new Echo({ seconds: beat * style.echo.beats, feedback: style.echo.feedback });
    this.#finish = new BusFinish(style, true);
    this.#stems = withStems ? new StemBuses(score) : null;
    this.#kicks = kickFrames(score);
  }

  get state(): readonly StateArray[] {
    return [
      ...this.#strips,
      this.#reverb,
      this.#echo,
      this.#reverbLow,
      this.#compressor,
      this.#finish,
      ...(this.#stems === null ? [] : [this.#stems]),
    ].flatMap((processor) => processor.state);
  }

  /**
   * Mixes one block, of at most `blockFrames`.
   *
   * @param parts for each part its sound, all as long as `out`; they are used up
   * @param from the block's first frame within the piece
   * @param stems filled with the stems, in the order of `stemNames`, when the mixer makes any; they add
   *   up to `out` but for the rounding of single-precision numbers
   */
  process(
    parts: readonly Stereo[],
    from: number,
    out: Stereo,
    stems: readonly Stereo[] = [],
  ): void {
    const frames = out.left.length;
    const buses = this.#clearBuses(frames);
    const depth = this.#depth.subarray(0, frames);
    this.#stems?.clear(stems);
    if (this.#kicks.length > 0) duckDepth(depth, from, this.#kicks, 60 / this.#score.tempo);
    parts.forEach((part, index) => {
      const strip = this.#strips[index]!;
      if (!strip.process(part, depth)) return;
      add(buses.mix, part, 1);
      this.#stems?.addPart(stems, index, part);
      add(buses.reverb, part, strip.channel.reverb);
      if (strip.channel.echo !== undefined) add(buses.echo, part, strip.channel.echo);
    });
    this.#effects(buses, stems);
    this.#finish.before(buses.mix);
    this.#stems?.before(stems);
    this.#compressor.process(buses.mix, stems);
    this.#finish.after(buses.mix);
    this.#stems?.after(stems);
    out.left.set(buses.mix.left);
    out.right.set(buses.mix.right);
    for (const signal of [out, ...stems]) this.#edges(signal, from);
  }

  #clearBuses(frames: number): Buses {
    const { mix, reverb, echo } = this.#buses;
    for (const bus of [mix, reverb, echo]) {
      bus.left.fill(0);
      bus.right.fill(0);
    }
    return {
      mix: slice(mix, 0, frames),
      reverb: slice(reverb, 0, frames),
      echo: slice(echo, 0, frames),
    };
  }

  #effects({ mix, reverb, echo }: Buses, stems: readonly Stereo[]): void {
    const { style } = this.#score;
    const echoGain = gainOf(style.echo.levelDb);
    const reverbGain = gainOf(style.reverb.levelDb);
    this.#echo.process(echo);
    add(mix, echo, echoGain);
    this.#stems?.addEffect(stems, echo, echoGain);
    add(reverb, echo, 0.3);
    this.#reverbLow.process(reverb);
    this.#reverb.process(reverb);
    add(mix, reverb, reverbGain);
    this.#stems?.addEffect(stems, reverb, reverbGain);
  }

  /** Begins without a click, and ends in silence exactly where the piece does. */
  #edges({ left, right }: Stereo, from: number): void {
    const total = Math.round(this.#score.durationSeconds * sampleRate);
    const ring = (this.#score.durationSeconds - this.#score.endingAt) * sampleRate;
    const fade = Math.max(1, Math.min(ring * 0.6, 4 * sampleRate));
    for (let i = 0; i < left.length; i++) {
      const frame = from + i;
      const rest = Math.min(1, (total - 1 - frame) / fade);
      if (rest >= 1 && frame >= fadeInFrames) continue;
      const gain = rest * rest * (3 - 2 * rest) * Math.min(1, (frame + 1) / fadeInFrames);
      left[i]! *= gain;
      right[i]! *= gain;
    }
  }
}

function kickFrames(score: Score): number[] {
  const kicks = score.notes.filter(
    (note) => score.parts[note.part]!.isDrums && note.pitch === drumKeys.kick,
  );
  return kicks.map((note) => Math.round(note.start * sampleRate));
}
