/**
 * Plays the notes of one chunk on sampled instruments: a pure function of the score and the chunk's
 * bounds, so chunks can be made again, in any order, with the same bits. What rings beyond the chunk's
 * end comes along as its tail, for the caller to add to what follows.
 */
import { SpessaSynthProcessor } from "spessasynth_core";
import type { Control } from "../control.ts";
import { type Stereo, sampleRate, slice, stereo } from "../dsp/state.ts";
import type { NoteEvent, Score } from "../score.ts";
import type { SoundBank } from "./sound-bank.ts";

/** Frames made at a time; notes begin and end on multiples of it (1.5 ms). */
const quantum = 64;
/** Between two looks at the control: about 50 ms of music, a few milliseconds of work. */
const quantaPerCheck = 32;
const maxTailSeconds = 8;
/** A tail that is cut is faded over this time. */
const fadeFrames = Math.round(0.05 * sampleRate);
const midiChannels = 16;
const drumChannel = 9;
const volumeController = 7;
const panController = 10;

/** Memory for the sound of a chunk, used again by each, so that a long piece needs no more than a short one. */
export class ChunkBuffers {
  readonly #buffers: Stereo[] = [];

  /** Buffer number `index`, at least `frames` long; what it holds is left from earlier use. */
  take(index: number, frames: number): Stereo {
    const buffer = this.#buffers[index];
    if (buffer !== undefined && buffer.left.length >= frames) return buffer;
    this.#buffers[index] = stereo(frames);
    return this.#buffers[index];
  }
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

/**
 * The dry sound of each part, stereo, all of the same length: `to - from` frames of the chunk followed
 * by its tail. The arrays are views of `buffers` and hold until its next use.
 *
 * @param from first frame of the chunk within the piece
 * @param to the frame after its last
 * @throws Stopped when `control` says so
 */
export function synthesize(
  bank: SoundBank,
  score: Score,
  from: number,
  to: number,
  buffers: ChunkBuffers,
  control: Control,
): Stereo[] {
  const channels = channelsOf(score);
  const synth = synthesizer(bank, score, channels);
  const events = keyEvents(score, channels, from, to);
  const length = to - from;
  const most = Math.ceil((length + maxTailSeconds * sampleRate) / quantum) * quantum;
  const sound = score.parts.map((_, index) => buffers.take(index, most));
  const outputs = Array.from({ length: midiChannels }, () => [
    new Float32Array(quantum),
    new Float32Array(quantum),
  ]);
  const effects = [new Float32Array(quantum), new Float32Array(quantum)] as const;
  let at = 0;
  let event = 0;
  while (at < most) {
    if ((at / quantum) % quantaPerCheck === 0) control.checkpoint("synthesis");
    for (; event < events.length && events[event]!.frame < at + quantum / 2; event++) {
      const { on, channel, pitch, velocity } = events[event]!;
      if (on) synth.noteOn(channel, pitch, velocity);
      else synth.noteOff(channel, pitch);
    }
    if (at >= length && event === events.length && synth.voiceCount === 0) break;
    for (const channel of channels) for (const side of outputs[channel]!) side.fill(0);
    synth.processSplit(outputs, effects[0], effects[1], 0, quantum);
    sound.forEach((part, index) => {
      const [left, right] = outputs[channels[index]!]!;
      part.left.set(left!, at);
      part.right.set(right!, at);
    });
    at += quantum;
  }
  const end = Math.max(at, length);
  if (at === most) for (const part of sound) fadeOut(slice(part, at - fadeFrames, at));
  return sound.map((part) => slice(part, 0, end));
}

function fadeOut({ left, right }: Stereo): void {
  for (let i = 0; i < left.length; i++) {
    const gain = 1 - (i + 1) / left.length;
    left[i]! *= gain;
    right[i]! *= gain;
  }
}
