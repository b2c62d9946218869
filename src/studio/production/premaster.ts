/**
 * The premaster on disk: one file a chunk, interleaved 32-bit floats, so that a long piece needs no more
 * memory than a short one and finished chunks survive a crash. Each frame has the mix and, where stems are
 * wanted, every stem after it: signals of two channels each.
 */
import { closeSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { type Stereo, sampleRate, slice, stereo } from "../dsp/state.ts";
import type { Score } from "../score.ts";
import { nameTemporary, openTemporary, writeAll } from "./files.ts";

const bytesPerSignal = 8;
/** Frames that are read at a time. */
const readFrames = 8192;

export function chunkName(index: number): string {
  return `premaster-${String(index).padStart(4, "0")}.f32`;
}

/** The frame after each chunk's last. */
export function chunkEndFrames({ chunkEnds }: Score): number[] {
  return chunkEnds.map((end) => Math.round(end * sampleRate));
}

/** The first frame of a chunk and the one after its last, within the piece. */
export function chunkBounds(score: Score, index: number): { from: number; to: number } {
  const ends = chunkEndFrames(score);
  return { from: ends[index - 1] ?? 0, to: ends[index]! };
}

/** Writes one chunk block by block; it has its name only once it is complete. */
export class ChunkWriter {
  readonly #folder: string;
  readonly #name: string;
  readonly #file: number;
  #crc = 0;
  #buffer = new Float32Array(0);

  constructor(folder: string, index: number) {
    this.#folder = folder;
    this.#name = chunkName(index);
    this.#file = openTemporary(folder, this.#name);
  }

  /** @param signals of equal length; always as many */
  push(signals: readonly Stereo[]): void {
    const frames = signals[0]!.left.length;
    const step = 2 * signals.length;
    const interleaved = this.#room(frames * step);
    signals.forEach(({ left, right }, index) => {
      for (let i = 0, at = 2 * index; i < frames; i++, at += step) {
        interleaved[at] = left[i]!;
        interleaved[at + 1] = right[i]!;
      }
    });
    const bytes = new Uint8Array(interleaved.buffer, 0, interleaved.byteLength);
    this.#crc = crc32(bytes, this.#crc);
    writeAll(this.#file, bytes);
  }

  #room(samples: number): Float32Array {
    if (this.#buffer.length < samples) this.#buffer = new Float32Array(samples);
    return this.#buffer.subarray(0, samples);
  }

  /** Completes the file; returns its CRC-32. */
  finish(): number {
    closeSync(this.#file);
    nameTemporary(this.#folder, this.#name);
    return this.#crc;
  }

  /** Gives the file up. */
  abandon(): void {
    closeSync(this.#file);
  }
}

/**
 * Reads one signal of the first `chunks` chunks in order, in small blocks that hold until the next is
 * asked for.
 *
 * @param signals how many each frame has
 * @param which of them to read
 * @param first the chunk to begin with
 */
export function* readChunks(
  folder: string,
  chunks: number,
  signals = 1,
  which = 0,
  first = 0,
): Generator<Stereo> {
  const bytes = new Uint8Array(readFrames * bytesPerSignal * signals);
  const block = stereo(readFrames);
  for (let index = first; index < chunks; index++) {
    const file = openSync(join(folder, chunkName(index)), "r");
    try {
      for (let length = readSync(file, bytes); length > 0; length = readSync(file, bytes)) {
        const samples = new Float32Array(bytes.buffer, 0, length / 4);
        yield deinterleaved(samples, 2 * signals, 2 * which, block);
      }
    } finally {
      closeSync(file);
    }
  }
}

/** Where a premaster is, and how it is laid out. */
export interface PremasterFiles {
  readonly folder: string;
  /** Signals in each frame. */
  readonly signals: number;
  /** The frame after each chunk's last, within the piece. */
  readonly ends: readonly number[];
}

/** The mix from frame `from` to `to` of the piece, of which only the chunks that it touches are read. */
export function* readRange(files: PremasterFiles, from: number, to: number): Generator<Stereo> {
  const { folder, signals, ends } = files;
  if (to <= from) return;
  const first = ends.findIndex((end) => end > from);
  const last = ends.findIndex((end) => end >= to);
  let at = ends[first - 1] ?? 0;
  for (const block of readChunks(folder, last + 1, signals, 0, first)) {
    const frames = block.left.length;
    const piece = slice(block, Math.max(0, from - at), Math.min(frames, Math.max(0, to - at)));
    at += frames;
    if (piece.left.length > 0) yield piece;
  }
}

/** Every `step`th pair of `samples` from `first` on, in the arrays of `into`. */
function deinterleaved(samples: Float32Array, step: number, first: number, into: Stereo): Stereo {
  const block = slice(into, 0, samples.length / step);
  for (let i = 0, at = first; i < block.left.length; i++, at += step) {
    block.left[i] = samples[at]!;
    block.right[i] = samples[at + 1]!;
  }
  return block;
}
