/** Files that exist whole or not at all: written under another name, then renamed into place. */
import { copyFileSync, linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";

/** Writes `parts` one after the other as the file `name` in `folder`; returns their CRC-32. */
export function writeWhole(folder: string, name: string, parts: readonly Uint8Array[]): number {
  const temporary = join(folder, `${name}.part`);
  rmSync(temporary, { force: true });
  let crc = 0;
  for (const part of parts) {
    writeFileSync(temporary, part, { flag: "a" });
    crc = crc32(part, crc);
  }
  renameSync(temporary, join(folder, name));
  return crc;
}

/** Takes a finished file of another folder by hard link, or by copy where that cannot be. */
export function takeFile(from: string, to: string, name: string): void {
  const temporary = join(to, `${name}.part`);
  rmSync(temporary, { force: true });
  try {
    linkSync(join(from, name), temporary);
  } catch {
    copyFileSync(join(from, name), temporary);
  }
  renameSync(temporary, join(to, name));
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
