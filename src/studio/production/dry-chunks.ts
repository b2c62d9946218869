/**
 * Chunks that are played before the run comes to mix them, by it or by a helper on another thread: the
 * dry sound of each part, with its tail, in a file. A file is block after block: a 32-bit mask of the
 * parts that sound in it (a score has at most sixteen), then their left and right channels.
 */
import { closeSync, openSync, readSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Control } from "../control.ts";
import { type Stereo, stereo } from "../dsp/state.ts";
import type { SoundBank } from "../render/sound-bank.ts";
import { blockFrames, type SoundBlock, synthesize } from "../render/synthesize.ts";
import type { Score } from "../score.ts";
import type { ChunkBoard } from "./chunk-board.ts";
import { nameTemporary, openTemporary, writeAll } from "./files.ts";
import { chunkBounds } from "./premaster.ts";

export interface DryJob {
  readonly bank: SoundBank;
  readonly score: Score;
  readonly folder: string;
  readonly board: ChunkBoard;
  readonly control: Control;
}

const channelBytes = blockFrames * Float32Array.BYTES_PER_ELEMENT;

function dryName(index: number): string {
  return `dry-${String(index).padStart(4, "0")}.f32`;
}

function bytesOf(samples: Float32Array): Uint8Array {
  return new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
}

/** Whether every bit is zero. */
function isNothing({ left, right }: Stereo): boolean {
  for (const samples of [left, right]) {
    const bits = new Int32Array(samples.buffer, samples.byteOffset, samples.length);
    for (let i = 0; i < bits.length; i++) if (bits[i] !== 0) return false;
  }
  return true;
}

/** Plays a chunk that was claimed into its file; gives it back when that fails or is stopped. */
export function playAhead(job: DryJob, index: number): void {
  const { folder, board } = job;
  try {
    const file = openTemporary(folder, dryName(index));
    try {
      writeChunk(job, index, file);
    } finally {
      closeSync(file);
    }
    nameTemporary(folder, dryName(index));
  } catch (error) {
    board.release(index);
    throw error;
  }
  board.complete(index);
}

function writeChunk({ bank, score, control }: DryJob, index: number, file: number): void {
  const { from, to } = chunkBounds(score, index);
  const bytes = new Uint8Array(4 + score.parts.length * 2 * channelBytes);
  const mask = new DataView(bytes.buffer);
  for (const { parts } of synthesize(bank, score, from, to, control)) {
    let sounding = 0;
    let at = 4;
    parts.forEach((part, which) => {
      if (isNothing(part)) return;
      sounding |= 1 << which;
      bytes.set(bytesOf(part.left), at);
      bytes.set(bytesOf(part.right), at + channelBytes);
      at += 2 * channelBytes;
    });
    mask.setUint32(0, sounding >>> 0);
    writeAll(file, bytes.subarray(0, at));
  }
}

/** The blocks of a chunk that was played ahead; its file goes with the last. */
export function* readAhead(folder: string, score: Score, index: number): Generator<SoundBlock> {
  const path = join(folder, dryName(index));
  const parts = score.parts.map(() => stereo(blockFrames));
  const mask = new DataView(new ArrayBuffer(4));
  const file = openSync(path, "r");
  try {
    const head = new Uint8Array(mask.buffer);
    for (let at = 0; readSync(file, head) > 0; at += blockFrames) {
      const sounding = mask.getUint32(0);
      for (const [which, { left, right }] of parts.entries()) {
        for (const side of [left, right]) {
          if ((sounding & (1 << which)) === 0) side.fill(0);
          else readSync(file, bytesOf(side));
        }
      }
      yield { at, parts };
    }
  } finally {
    closeSync(file);
  }
  rmSync(path);
}

/**
 * Helps a run that is under way in `folder`: plays chunks ahead of it until none is left.
 *
 * @throws Stopped when the control says so
 */
export function help(job: DryJob): void {
  const { score, board, control } = job;
  const total = score.chunkEnds.length;
  while (!board.isGivenOut(total)) {
    control.checkpoint("helping");
    const index = board.claimAhead(total);
    if (index === null) board.waitForMove();
    else playAhead(job, index);
  }
}
