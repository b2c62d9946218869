/** What `doctor` asks of the parts that a command may not reach by itself: the database, the SoundFont, TLS. */
import { open } from "node:fs/promises";
import type { Config } from "./base/config.ts";
import { readCertificate } from "./server/tls.ts";
import {
  connectExternal,
  localSteps,
  redactUri,
  resolveMongod,
  silent,
  verifyServer,
} from "./store/embedded/index.ts";
import { soundFont } from "./studio/render/sound-bank.ts";

/** The mongod that is on this machine, and where. @throws DatabaseError `no-binary` or `bad-binary` */
export async function findMongod(): Promise<string> {
  const { version, path } = await resolveMongod({ report: silent, steps: localSteps });
  return `mongod ${version}, ${path}`;
}

/** What the operator's own database is. @throws DatabaseError when it is not fit or does not answer */
export async function lookAtDatabase(uri: string): Promise<string> {
  const client = await connectExternal(uri);
  try {
    const { version, replicaSet } = await verifyServer(client);
    return `MongoDB ${version}, replica set ${replicaSet}, at ${redactUri(uri)}`;
  } finally {
    await client.close();
  }
}

/**
 * The size of the SoundFont in bytes, once its RIFF header says the same.
 * @throws Error when it is missing or not whole
 */
export async function measureSoundFont(from = soundFont): Promise<number> {
  const file = await open(from);
  try {
    const head = Buffer.alloc(12);
    await file.read(head, 0, 12, 0);
    const { size } = await file.stat();
    const form = head.toString("latin1", 0, 4) + head.toString("latin1", 8, 12);
    // A RIFF file's size field counts what comes after it (8 bytes), and chunks end on an even byte.
    const isWhole = form === "RIFFsfbk" && Math.abs(head.readUInt32LE(4) + 8 - size) <= 1;
    if (!isWhole) throw new Error(`${from.pathname} is not whole`);
    return size;
  } finally {
    await file.close();
  }
}

/** Reads certificate and key, where there are any. @throws Error that names the setting */
export async function readTls({ TLS_CERT_FILE, TLS_KEY_FILE }: Config): Promise<boolean> {
  if (TLS_CERT_FILE === undefined || TLS_KEY_FILE === undefined) return false;
  await readCertificate(TLS_CERT_FILE, TLS_KEY_FILE);
  return true;
}
