/**
 * The premaster on disk: one file a chunk, interleaved stereo 32-bit floats, so that a long piece needs
 * no more memory than a short one and finished chunks survive a crash.
 */
import { closeSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { type Stereo, stereo } from "../dsp/state.ts";
import { nameTemporary, openTemporary, writeAll } from "./files.ts";

const bytesPerFrame = 8;
/** Frames that are read at a time. */
const readFrames = 8192;

export function chunkName(index: number): string {
  return `premaster-${String(index).padStart(4, "0")}.f32`;
}

/** Writes one chunk block by block; it has its name only once it is complete. */
export class ChunkWriter {
  readonly #folder: string;
  readonly #name: string;
  readonly #file: number;
  #crc = 0;

  constructor(folder: string, index: number) {
    this.#folder = folder;
    this.#name = chunkName(index);
    this.#file = openTemporary(folder, this.#name);
  }

  push({ left, right }: Stereo): void {
    const interleaved = new Float32Array(left.length * 2);
    for (let i = 0; i < left.length; i++) {
      interleaved[2 * i] = left[i]!;
      interleaved[2 * i + 1] = right[i]!;
    }
    const bytes = new Uint8Array(interleaved.buffer);
    this.#crc = crc32(bytes, this.#crc);
    writeAll(this.#file, bytes);
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

/** Reads the first `chunks` chunks in order, in small blocks that hold until the next is asked for. */
export function* readChunks(folder: string, chunks: number): Generator<Stereo> {
  const bytes = new Uint8Array(readFrames * bytesPerFrame);
  for (let index = 0; index < chunks; index++) {
    const file = openSync(join(folder, chunkName(index)), "r");
    try {
      for (let length = readSync(file, bytes); length > 0; length = readSync(file, bytes)) {
        yield deinterleaved(new Float32Array(bytes.buffer, 0, length / 4));
      }
    } finally {
      closeSync(file);
    }
  }
}

function deinterleaved(samples: Float32Array): Stereo {
  const block = stereo(samples.length / 2);
  for (let i = 0; i < block.left.length; i++) {
    block.left[i] = samples[2 * i]!;
    block.right[i] = samples[2 * i + 1]!;
  }
  return block;
}
