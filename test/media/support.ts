/** Helpers of the media tests: bytes that tell where they are, and a clock that stands still. */
import { Buffer } from "node:buffer";
import type { Clock } from "../../src/base/clock.ts";

/** `length` bytes, different everywhere and for each `seed`, and the same every time. */
export function bytesOf(length: number, seed = 0): Buffer {
  const bytes = Buffer.alloc(length);
  let state = (seed + 1) * 2654435761;
  for (let i = 0; i < length; i += 1) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

/** `bytes` in pieces of 64 KiB. */
export async function* chunks(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 65536) yield bytes.subarray(at, at + 65536);
}

export interface HandClock extends Clock {
  /** Moves the time on. */
  advance(seconds: number): void;
}

/** A clock that moves by hand only. */
export function handClock(start = "2026-11-24T12:00:01Z"): HandClock {
  let ms = Date.parse(start);
  return {
    now: () => new Date(ms),
    monotonicMs: () => ms,
    sleep: async () => undefined,
    advance: (seconds) => {
      ms += seconds * 1000;
    },
  };
}

/** Everything that `items` gives. */
export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
