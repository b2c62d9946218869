/**
 * Files that survive a power cut: bytes, then the folder entry, are forced to the disk before anyone
 * is told that they are there.
 */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import type { ArtifactSource } from "../generations/artifacts.ts";

const privateFile = 0o600;
const privateFolder = 0o700;

/** Writes `source` to the new file `path` and forces it to the disk; its size and SHA-256. */
export async function writeDurably(
  path: string,
  source: ArtifactSource,
): Promise<{ size: number; sha256: string }> {
  const hash = createHash("sha256");
  let size = 0;
  await using file = await open(path, "wx", privateFile);
  for await (const chunk of chunksOf(source)) {
    hash.update(chunk);
    await file.writeFile(chunk);
    size += chunk.byteLength;
  }
  await file.sync();
  return { size, sha256: hash.digest("hex") };
}

function chunksOf(source: ArtifactSource): AsyncIterable<Uint8Array> {
  if (typeof source !== "string") return source;
  return createReadStream(source, { highWaterMark: 256 * 1024 });
}

/** Makes `folder` and what is missing above it, for the owner alone. */
export async function makePrivateFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: privateFolder });
}

/** Forces the entries of `folder`, and of each folder above it up to `root`, to the disk. */
export async function syncFolders(folder: string, root: string): Promise<void> {
  for (let at = folder; at.startsWith(root); at = dirname(at)) {
    await using handle = await open(at, "r");
    await handle.sync();
    if (at === root) return;
  }
}
