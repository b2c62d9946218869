/** Files that exist whole or not at all: written under another name, then renamed into place. */
import {
  closeSync,
  copyFileSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";

function temporaryPath(folder: string, name: string): string {
  return join(folder, `${name}.part`);
}

/** Opens a new file to be written that will be `name` in `folder`; see `nameTemporary`. */
export function openTemporary(folder: string, name: string): number {
  // Removed first: a file of that name may be linked from elsewhere.
  rmSync(temporaryPath(folder, name), { force: true });
  return openSync(temporaryPath(folder, name), "wx");
}

/** Gives a complete temporary file its name. */
export function nameTemporary(folder: string, name: string): void {
  renameSync(temporaryPath(folder, name), join(folder, name));
}

/** Writes all of `bytes`, at `position` or where the file's writing stands. */
export function writeAll(file: number, bytes: Uint8Array, position: number | null = null): void {
  for (let done = 0; done < bytes.length; ) {
    const at = position === null ? null : position + done;
    done += writeSync(file, bytes, done, bytes.length - done, at);
  }
}

/** Writes `parts` one after the other as the file `name` in `folder`. */
export function writeWhole(folder: string, name: string, parts: readonly Uint8Array[]): void {
  const file = openTemporary(folder, name);
  try {
    for (const part of parts) writeAll(file, part);
  } finally {
    closeSync(file);
  }
  nameTemporary(folder, name);
}

/** Takes a finished file of another folder by hard link, or by copy where that cannot be. */
export function takeFile(from: string, to: string, name: string): void {
  const temporary = temporaryPath(to, name);
  rmSync(temporary, { force: true });
  try {
    linkSync(join(from, name), temporary);
  } catch {
    copyFileSync(join(from, name), temporary);
  }
  nameTemporary(to, name);
}

/** The file's bytes when their CRC-32 is `crc`; null when they are not or cannot be read. */
export function readIntact(folder: string, name: string, crc: number): Uint8Array | null {
  try {
    const bytes = readFileSync(join(folder, name));
    return crc32(bytes) === crc ? bytes : null;
  } catch {
    return null;
  }
}
