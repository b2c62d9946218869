/**
 * The secrets that media links are signed with: those that are configured or, without any, one that is made once
 * and kept in a file. The first signs and all of them verify, so that a secret is replaced without breaking a
 * link: put the new one first, and drop the old one once its links have run out, twenty minutes later. Several
 * processes must all know it (behind the old one) before any signs with it.
 */
import { createHash } from "node:crypto";
import { link, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Random } from "../base/random.ts";
import type { MediaKey } from "./signer.ts";

/** What links were signed under before secrets had ids of their own. */
const firstId = "k1";

/**
 * The keys of `secrets`, in their order. An id tells which secret signed a link, and follows from it, so that all
 * processes agree whatever their order is.
 */
function keysOf(secrets: readonly Uint8Array[]): MediaKey[] {
  const unique = [...new Map(secrets.map((secret) => [idOf(secret), secret]))];
  const keys = unique.map(([id, secret]) => ({ id, secret }));
  const oldest = secrets.at(-1);
  return oldest === undefined ? [] : [...keys, { id: firstId, secret: oldest }];
}

/** 32 bits of a hash of a secret that cannot be guessed tell nothing of it. */
function idOf(secret: Uint8Array): string {
  return createHash("sha256").update("media key id").update(secret).digest("hex").slice(0, 8);
}

/** The keys of the configured texts. */
export function configuredKeys(secrets: readonly string[]): MediaKey[] {
  return keysOf(secrets.map((secret) => createHash("sha256").update(secret).digest()));
}

/**
 * The keys of the file under `dataDir`, made when it is missing; safe with several processes. It has one secret a
 * line, 32 bytes in hexadecimal, and is edited to replace one.
 * @throws Error when the file holds anything else
 */
export async function keptKeys(dataDir: string, random: Random): Promise<MediaKey[]> {
  const path = join(dataDir, "signing-secret");
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const draft = `${path}.${process.pid}`;
  try {
    await writeFile(draft, random.hex(32), { mode: 0o600 });
    // A link takes the name only when it is free, so that one process wins.
    await link(draft, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
    });
    const lines = (await readFile(path, "utf8")).split("\n").map((line) => line.trim());
    const secrets = lines.filter((line) => line !== "");
    if (secrets.length === 0 || !secrets.every((line) => /^[0-9a-f]{64}$/.test(line))) {
      throw new Error(`${path} must have 64 hexadecimal digits on each line`);
    }
    return keysOf(secrets.map((line) => Buffer.from(line, "hex")));
  } finally {
    await rm(draft, { force: true });
  }
}
