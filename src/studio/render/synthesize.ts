/**
 * Plays the notes of one chunk on sampled instruments: a pure function of the score and the chunk's
 * bounds, so chunks can be made again, in any order, with the same bits. What rings beyond the chunk's
 * end comes along as its tail, for the caller to add to what follows. It comes in small blocks, so that
 * the memory needed does not depend on the chunk's length.
 */
import { SpessaSynthProcessor } from "spessasynth_core";
import type { Control } from "../control.ts";
import { type Stereo, sampleRate, stereo } from "../dsp/state.ts";
import type { NoteEvent, Score } from "../score.ts";
import type { SoundBank } from "./sound-bank.ts";

/** Frames made at a time; notes begin and end on multiples of it (2.9 ms). */
const quantum = 128;
/** Frames of a block: about 23 ms of music, a few milliseconds of work. */
export const blockFrames = 8 * quantum;
const maxTailSeconds = 6;
/** A tail that is cut is faded over this time. */
const fadeFrames = sampleRate;
const midiChannels = 16;
const drumChannel = 9;
const volumeController = 7;
const panController = 10;

/** `blockFrames` of the dry sound of each part. The arrays hold until the next block is asked for. */
export interface SoundBlock {
  /** The block's first frame, counted from the chunk's. */
  readonly at: number;
  readonly parts: readonly Stereo[];
}

interface KeyEvent {
  readonly frame: number;
  readonly on: boolean;
  readonly channel: number;
  readonly pitch: number;
  readonly velocity: number;
}

/** The MIDI channel of each part: drums on the tenth, the others in order around it. */
export function channelsOf(score: Score): number[] {
  let next = 0;
  return score.parts.map((part) => {
    if (part.isDrums) return drumChannel;
    if (next === drumChannel) next++;
    return next++;
  });
}

function keyEvents(score: Score, channels: number[], from: number, to: number): KeyEvent[] {
  const events: KeyEvent[] = [];
  for (const note of score.notes) {
    const frame = Math.round(note.start * sampleRate);
    if (frame < from || frame >= to) continue;
    events.push(...keyPair(note, channels[note.part]!, frame - from));
  }
  return events.sort(
    (a, b) =>
      a.frame - b.frame ||
      Number(a.on) - Number(b.on) ||
      a.channel - b.channel ||
      a.pitch - b.pitch,
  );
}

function keyPair(note: NoteEvent, channel: number, frame: number): [KeyEvent, KeyEvent] {
  const { pitch, velocity } = note;
  const end = frame + Math.max(quantum, Math.round(note.duration * sampleRate));
  return [
    { frame, on: true, channel, pitch, velocity },
    { frame: end, on: false, channel, pitch, velocity: 0 },
  ];
}

/**
 * A synthesizer set up for the score. It is left to the garbage collector: its
 * `destroySynthProcessor` would destroy the sound bank, which is shared.
 */
function synthesizer(bank: SoundBank, score: Score, channels: number[]): SpessaSynthProcessor {
  const synth = new SpessaSynthProcessor(sampleRate, {
    effectsEnabled: false,
    eventsEnabled: false,
    maxBufferSize: quantum,
  });
  synth.soundBankManager.addSoundBank(bank, "studio");
  score.parts.forEach((part, index) => {
    const channel = channels[index]!;
    synth.programChange(channel, part.channel.program);
    synth.controllerChange(channel, volumeController, 110);
    synth.controllerChange(channel, panController, Math.round(64 + part.channel.pan * 63));
  });
  return synth;
}

/** The synthesizer with the keys it has to press. */
class Player {
  readonly #synth: SpessaSynthProcessor;
  readonly #channels: readonly number[];
  readonly #events: readonly KeyEvent[];
  readonly #outputs = Array.from({ length: midiChannels }, () => [
    new Float32Array(quantum),
    new Float32Array(quantum),
  ]);
  readonly #effects = [new Float32Array(quantum), new Float32Array(quantum)] as const;
  #next = 0;

  constructor(
    synth: SpessaSynthProcessor,
    channels: readonly number[],
    events: readonly KeyEvent[],
  ) {
    this.#synth = synth;
    this.#channels = channels;
    this.#events = events;
  }

  /** Whether nothing sounds and nothing is to come. */
  get isDone(): boolean {
    return this.#next === this.#events.length && this.#synth.voiceCount === 0;
  }

  /** Fills the `quantum` frames of `parts` that begin at `offset`; they are those from `at` on. */
  play(parts: readonly Stereo[], offset: number, at: number): void {
    this.#strike(at + quantum / 2);
    for (const channel of this.#channels) {
      for (const side of this.#outputs[channel]!) side.fill(0);
    }
    this.#synth.processSplit(this.#outputs, this.#effects[0], this.#effects[1], 0, quantum);
    parts.forEach((part, index) => {
      const [left, right] = this.#outputs[this.#channels[index]!]!;
      part.left.set(left!, offset);
      part.right.set(right!, offset);
    });
  }

  #strike(before: number): void {
    for (; this.#next < this.#events.length; this.#next++) {
      const { frame, on, channel, pitch, velocity } = this.#events[this.#next]!;
      if (frame >= before) return;
      if (on) this.#synth.noteOn(channel, pitch, velocity);
      else this.#synth.noteOff(channel, pitch);
    }
  }
}

/**
 * Plays the notes that begin in a chunk, block by block: first the chunk's own frames, then the tail
 * until all is silent.
 *
 * @param from first frame of the chunk within the piece
 * @param to the frame after its last
 * @throws Stopped when `control` says so
 */
export function* synthesize(
  bank: SoundBank,
  score: Score,
  from: number,
  to: number,
  control: Control,
): Generator<SoundBlock> {
  const channels = channelsOf(score);
  const events = keyEvents(score, channels, from, to);
  const player = new Player(synthesizer(bank, score, channels), channels, events);
  const parts = score.parts.map(() => stereo(blockFrames));
  const length = to - from;
  const most = length + maxTailSeconds * sampleRate;
  for (let at = 0; at < length || (at < most && !player.isDone); at += blockFrames) {
    control.checkpoint("synthesis");
    for (let offset = 0; offset < blockFrames; offset += quantum) {
      player.play(parts, offset, at + offset);
    }
    if (at + blockFrames > most - fadeFrames) for (const part of parts) fadeOut(part, most - at);
    yield { at, parts };
  }
}

/** Fades to nothing at frame `end` of the block, which may lie after it. */
function fadeOut({ left, right }: Stereo, end: number): void {
  for (let i = 0; i < left.length; i++) {
    const gain = Math.max(0, Math.min(1, (end - i) / fadeFrames));
    left[i]! *= gain;
    right[i]! *= gain;
  }
}
