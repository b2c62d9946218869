/** The kinds of audio file that a piece can be written as. */
import type { Stereo } from "../dsp/state.ts";
import { FlacEncoder } from "../flac/flac-encoder.ts";
import { Mp3Encoder } from "../mp3/encoder.ts";
import { frameSamples } from "../mp3/frames.ts";
import { tagOf } from "../mp3/id3.ts";
import type { Tags } from "./tags.ts";
import { WavEncoder } from "./wav.ts";

/** Encodes one piece: `encode` in order, then `finish`, then `head` to be put before all that. */
export interface AudioEncoder {
  /** How many bytes `head` has. */
  readonly headLength: number;
  /** Frames taken so far. */
  readonly frames: number;
  /** The bytes that are ready after the next samples; valid until the next call. */
  encode(block: Stereo): Uint8Array;
  /** The last bytes. */
  finish(): Uint8Array;
  /** What stands before the music; to be asked for after `finish`. */
  head(): Uint8Array;
  /** Lets go of memory outside the garbage collector's reach; may be called at any time, repeatedly. */
  close(): void;
}

/** Frames of music around a file's own, encoded with it, that players leave out. */
export interface Context {
  readonly before: number;
  readonly after: number;
}

export interface AudioFormat {
  readonly extension: string;
  readonly mimeType: string;
  /** How many frames on either side a segment needs to meet its neighbours without a seam. */
  readonly context: number;
  readonly create: (tags: Tags, context?: Context) => Promise<AudioEncoder>;
}

export const formatNames = ["mp3", "flac", "wav"] as const;
export type FormatName = (typeof formatNames)[number];

/** MP3 at 256 kbit/s; FLAC and WAV with 24 bits, at 44.1 kHz like everything here. */
export const formats: Readonly<Record<FormatName, AudioFormat>> = {
  mp3: {
    extension: "mp3",
    mimeType: "audio/mpeg",
    context: frameSamples,
    create: (tags, context) => Mp3Encoder.create(tagOf(tags), context),
  },
  flac: {
    extension: "flac",
    mimeType: "audio/flac",
    context: 0,
    create: (tags) => FlacEncoder.create(tags),
  },
  wav: {
    extension: "wav",
    mimeType: "audio/wav",
    context: 0,
    create: async (tags) => new WavEncoder(tags),
  },
};
