/** The secret that media links are signed with, when none is configured: made once, kept in a file. */
import { randomBytes } from "node:crypto";
import { link, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** The secret under `dataDir`, 32 bytes; made when it is missing. Safe with several processes. */
export async function readSigningSecret(dataDir: string): Promise<Uint8Array> {
  const path = join(dataDir, "signing-secret");
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const draft = `${path}.${process.pid}`;
  try {
    await writeFile(draft, randomBytes(32).toString("hex"), { mode: 0o600 });
    // A link takes the name only when it is free, so that one process wins.
    await link(draft, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
    });
    return Buffer.from(await readFile(path, "utf8"), "hex");
  } finally {
    await rm(draft, { force: true });
  }
}
