/**
 * The mixing desk: every part through its strip into the mix, the reverb and the echo; then the bus
 * with a rumble filter, a gentle compressor, and what the style adds (tape, low-pass).
 */
import { highpass, lowpass, StereoBiquad } from "../dsp/biquad.ts";
import { Compressor } from "../dsp/compressor.ts";
import { duckDepth } from "../dsp/duck.ts";
import { Echo } from "../dsp/echo.ts";
import { Reverb } from "../dsp/reverb.ts";
import {
  gainOf,
  type StateArray,
  type Stateful,
  type Stereo,
  sampleRate,
  slice,
  stereo,
} from "../dsp/state.ts";
import { Tape } from "../dsp/tape.ts";
import type { Score } from "../score.ts";
import { drumKeys } from "../style.ts";
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
  readonly #rumble = new StereoBiquad(highpass(28));
  readonly #reverbLow = new StereoBiquad(highpass(220));
  readonly #compressor = new Compressor(busCompressor);
  readonly #tape: Tape | null;
  readonly #lowpass: StereoBiquad | null;
  readonly #kicks: readonly number[];
  readonly #buses: Buses = {
    mix: stereo(blockFrames),
    reverb: stereo(blockFrames),
    echo: stereo(blockFrames),
  };
  readonly #depth = new Float32Array(blockFrames);

  constructor(score: Score) {
    const { style } = score;
    const beat = 60 / score.tempo;
    this.#score = score;
    this.#strips = score.parts.map((part) => new Strip(part.channel));
    this.#reverb = new Reverb(style.reverb);
    this.#echo = new Echo({ seconds: beat * style.echo.beats, feedback: style.echo.feedback });
    this.#tape = style.tape === undefined ? null : new Tape(style.tape);
    this.#lowpass = style.lowpass === undefined ? null : new StereoBiquad(lowpass(style.lowpass));
    this.#kicks = kickFrames(score);
  }

  get state(): readonly StateArray[] {
    return [
      ...this.#strips,
      this.#reverb,
      this.#echo,
      this.#rumble,
      this.#reverbLow,
      this.#compressor,
      ...(this.#tape === null ? [] : [this.#tape]),
      ...(this.#lowpass === null ? [] : [this.#lowpass]),
    ].flatMap((processor) => processor.state);
  }

  /**
   * Mixes one block, of at most `blockFrames`.
   *
   * @param parts for each part its sound, all as long as `out`; they are used up
   * @param from the block's first frame within the piece
   */
  process(parts: readonly Stereo[], from: number, out: Stereo): void {
    const frames = out.left.length;
    const buses = this.#clearBuses(frames);
    const depth = this.#depth.subarray(0, frames);
    if (this.#kicks.length > 0) duckDepth(depth, from, this.#kicks, 60 / this.#score.tempo);
    parts.forEach((part, index) => {
      const strip = this.#strips[index]!;
      if (!strip.process(part, depth)) return;
      add(buses.mix, part, 1);
      add(buses.reverb, part, strip.channel.reverb);
      if (strip.channel.echo !== undefined) add(buses.echo, part, strip.channel.echo);
    });
    this.#effects(buses);
    this.#bus(buses.mix);
    out.left.set(buses.mix.left);
    out.right.set(buses.mix.right);
    this.#edges(out, from);
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

  #effects({ mix, reverb, echo }: Buses): void {
    const { style } = this.#score;
    this.#echo.process(echo);
    add(mix, echo, gainOf(style.echo.levelDb));
    add(reverb, echo, 0.3);
    this.#reverbLow.process(reverb);
    this.#reverb.process(reverb);
    add(mix, reverb, gainOf(style.reverb.levelDb));
  }

  #bus(mix: Stereo): void {
    this.#rumble.process(mix);
    this.#compressor.process(mix);
    this.#tape?.process(mix);
    this.#lowpass?.process(mix);
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

function add(target: Stereo, source: Stereo, gain: number): void {
  const { left, right } = source;
  for (let i = 0; i < left.length; i++) {
    target.left[i]! += left[i]! * gain;
    target.right[i]! += right[i]! * gain;
  }
}
