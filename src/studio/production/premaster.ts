/**
 * The premaster on disk: one file a chunk, interleaved stereo 32-bit floats, so that a long piece needs
 * no more memory than a short one and finished chunks survive a crash.
 */
import { closeSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { type Stereo, stereo } from "../dsp/state.ts";
import { writeWhole } from "./files.ts";

const bytesPerFrame = 8;
/** Frames that are read at a time. */
const readFrames = 8192;

export function chunkName(index: number): string {
  return `premaster-${String(index).padStart(4, "0")}.f32`;
}

/** Writes chunk `index`; returns its CRC-32. */
export function writeChunk(folder: string, index: number, { left, right }: Stereo): number {
  const interleaved = new Float32Array(left.length * 2);
  for (let i = 0; i < left.length; i++) {
    interleaved[2 * i] = left[i]!;
    interleaved[2 * i + 1] = right[i]!;
  }
  return writeWhole(folder, chunkName(index), [new Uint8Array(interleaved.buffer)]);
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
