/**
 * mongod's log file. mongod writes to it as its standard output, opened for appending, so the file can be
 * copied and truncated under it: two files of bounded size, and nobody has to be signalled.
 */
import { copyFile, open, stat, truncate } from "node:fs/promises";
import type { Clock } from "../../base/clock.ts";

/** The file is turned over beyond this; at worst it grows for `lookMs` more. */
const largestBytes = 8 * 1024 * 1024;
const lookMs = 60_000;

/** Moves what is in `file` to `file.1` and empties it, when it is larger than `largest` bytes. */
export async function turnOver(file: string, largest = largestBytes): Promise<void> {
  const size = await stat(file).then(
    (found) => found.size,
    () => 0,
  );
  if (size <= largest) return;
  await copyFile(file, `${file}.1`);
  await truncate(file);
}

/** Keeps `file` bounded until `signal` aborts. */
export async function keepBounded(file: string, clock: Clock, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await turnOver(file).catch(() => undefined); // a full disk is not the log's to report
    await clock.sleep(lookMs, signal);
  }
}

/** The messages of the last errors in `file` from `offset` (bytes) on, for the error of a failed start. */
export async function lastErrors(file: string, offset: number): Promise<string[]> {
  const text = await readFrom(file, offset).catch(() => "");
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const errors = lines.map(errorIn).filter((message) => message !== undefined);
  return errors.slice(-3);
}

async function readFrom(file: string, offset: number): Promise<string> {
  await using handle = await open(file, "r");
  const { size } = await handle.stat();
  const start = Math.max(size < offset ? 0 : offset, size - 256 * 1024);
  const { buffer, bytesRead } = await handle.read(
    Buffer.alloc(size - start),
    0,
    size - start,
    start,
  );
  return buffer.toString("utf8", 0, bytesRead);
}

/** A line that is no JSON was printed before logging began, which mongod does for bad options only. */
function errorIn(line: string): string | undefined {
  try {
    const entry = JSON.parse(line) as { s: string; msg: string; attr?: { error?: unknown } };
    if (entry.s !== "E" && entry.s !== "F") return undefined;
    const detail = entry.attr?.error;
    if (entry.msg.includes("***")) return undefined; // "***aborting after…", which tells nothing
    return detail === undefined ? entry.msg : `${entry.msg}: ${JSON.stringify(detail)}`;
  } catch {
    return line.trim();
  }
}
