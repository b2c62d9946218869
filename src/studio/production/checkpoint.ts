/**
 * The render's memory on disk: after each chunk, everything that the next ones depend on. A file is a
 * line of JSON (what it belongs to, the chunks' checksums, the lengths of what follows), the typed
 * arrays one after the other, and a CRC-32 over all that.
 */
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import type { StateArray, Stereo } from "../dsp/state.ts";
import type { Mixer } from "../render/mixer.ts";
import type { Overlap } from "../render/overlap.ts";
import { writeWhole } from "./files.ts";

/** Older ones are removed; a few stay for an attempt that knows only of an earlier one. */
const kept = 4;

export interface RenderState {
  readonly mixer: Mixer;
  readonly overlap: Overlap;
  /** CRC-32 of each finished chunk's file. */
  readonly chunkCrcs: number[];
}

interface Header {
  readonly fingerprint: string;
  readonly chunkCrcs: readonly number[];
  /** Bytes of each array of the mixer, then of each tail. */
  readonly mixer: readonly number[];
  readonly tails: readonly number[];
}

export function stateName(chunks: number): string {
  return `state-${String(chunks).padStart(4, "0")}.bin`;
}

function bytesOf(array: StateArray): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/** Writes the state after `chunkCrcs.length` chunks of the piece that `fingerprint` names. */
export function saveState(folder: string, fingerprint: string, state: RenderState): void {
  const chunks = state.chunkCrcs.length;
  const mixer = state.mixer.state.map(bytesOf);
  const tails = state.overlap.tails.flatMap(({ left, right }) => [bytesOf(left), bytesOf(right)]);
  const header: Header = {
    fingerprint,
    chunkCrcs: state.chunkCrcs,
    mixer: mixer.map((bytes) => bytes.length),
    tails: tails.map((bytes) => bytes.length),
  };
  const parts = [Buffer.from(`${JSON.stringify(header)}\n`, "utf8"), ...mixer, ...tails];
  const crc = Buffer.alloc(4);
  crc.writeUInt32BE(parts.reduce((sum, part) => crc32(part, sum), 0));
  writeWhole(folder, stateName(chunks), [...parts, crc]);
  if (chunks > kept) rmSync(join(folder, stateName(chunks - kept)), { force: true });
}

/**
 * Fills `state` from the file in `folder`; false, and `state` as it was, when the file is missing,
 * damaged, or of another piece.
 */
export function loadState(
  folder: string,
  chunks: number,
  fingerprint: string,
  state: RenderState,
): boolean {
  const body = readBody(join(folder, stateName(chunks)));
  const end = body?.indexOf(10) ?? -1;
  if (body === null || end < 0) return false;
  const header = JSON.parse(body.toString("utf8", 0, end)) as Header;
  const arrays = state.mixer.state;
  const fits =
    header.fingerprint === fingerprint &&
    header.chunkCrcs.length === chunks &&
    header.tails.length === state.overlap.tails.length * 2 &&
    header.mixer.length === arrays.length &&
    header.mixer.every((length, index) => length === arrays[index]!.byteLength);
  if (!fits) return false;
  let at = end + 1;
  const take = (length: number) => {
    at += length;
    return body.subarray(at - length, at);
  };
  for (const array of arrays) bytesOf(array).set(take(array.byteLength));
  const tails = header.tails.map((length) => floats(take(length)));
  state.overlap.tails = pairs(tails);
  state.chunkCrcs.splice(0, state.chunkCrcs.length, ...header.chunkCrcs);
  return true;
}

/** The file without its checksum, if that is right. */
function readBody(path: string): Buffer | null {
  try {
    const bytes = readFileSync(path);
    const body = bytes.subarray(0, bytes.length - 4);
    return bytes.length > 4 && crc32(body) === bytes.readUInt32BE(body.length) ? body : null;
  } catch {
    return null;
  }
}

/** Copied, for alignment. */
function floats(bytes: Uint8Array): Float32Array {
  return new Float32Array(new Uint8Array(bytes).buffer);
}

function pairs(sides: readonly Float32Array[]): Stereo[] {
  return Array.from({ length: sides.length / 2 }, (_, i) => ({
    left: sides[2 * i]!,
    right: sides[2 * i + 1]!,
  }));
}
