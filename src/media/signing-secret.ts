/** The secret that media links are signed with, when none is configured: made once, kept in a file. */
import { link, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Random, randomHex } from "../base/random.ts";

/** The secret under `dataDir`, 32 bytes; made when it is missing. Safe with several processes. */
export async function readSigningSecret(dataDir: string, random: Random): Promise<Uint8Array> {
  const path = join(dataDir, "signing-secret");
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const draft = `${path}.${process.pid}`;
  try {
    await writeFile(draft, randomHex(random, 32), { mode: 0o600 });
    // A link takes the name only when it is free, so that one process wins.
    await link(draft, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
    });
    return Buffer.from(await readFile(path, "utf8"), "hex");
  } finally {
    await rm(draft, { force: true });
  }
}
