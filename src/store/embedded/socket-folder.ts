/**
 * Where mongod's socket lies. The folder is the access control: 0700 and ours, since mongod itself asks
 * nobody for a password. The data folder is the natural place, but the path has to fit:
 *
 * - 103 bytes on macOS, 107 on Linux, by the kernel's `sockaddr_un`;
 * - lower case and plain characters: mongod splits its option at commas, and the driver lower-cases the
 *   names that a replica set tells it, so that `/home/Me/…` would be looked for at `/home/me/…`;
 * - a file system that has sockets at all (some shared folders of virtual machines do not).
 *
 * Otherwise a short folder is used, its name derived from the data folder so that it stays the same
 * over restarts. Names in a shared /tmp can be guessed and taken by others first; hence every folder is
 * verified to be ours, and the last resort has a random name.
 */
import { createHash } from "node:crypto";
import { lstat, mkdir, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { isAbsolute, join } from "node:path";
import { systemRandom } from "../../base/random.ts";
import { DatabaseError, messageOf } from "./errors.ts";

export const socketName = "mongod.sock";
const longestBytes = 103;
const plain = /^\/[a-z0-9/._-]+$/;

/**
 * Makes the folder for the socket of the database in `dataFolder`, which would like it at `preferred`.
 * Throws `DatabaseError` when there is no usable place.
 */
export async function makeSocketFolder(
  preferred: string,
  dataFolder: string,
  env: NodeJS.ProcessEnv,
): Promise<string> {
  const faults: string[] = [];
  for (const make of candidates(preferred, dataFolder, env)) {
    try {
      return await verified(await make());
    } catch (error) {
      faults.push(messageOf(error));
    }
  }
  const message = `No place for mongod's socket was found: ${faults.join("; ")}.`;
  const advice = "Set XDG_RUNTIME_DIR or TMPDIR to a short path in lower case that is writable.";
  throw new DatabaseError("mongod-failed", `${message} ${advice}`);
}

function candidates(
  preferred: string,
  dataFolder: string,
  env: NodeJS.ProcessEnv,
): (() => Promise<string>)[] {
  const digest = createHash("sha256").update(dataFolder).digest("hex").slice(0, 16);
  const runtime = env["XDG_RUNTIME_DIR"] ?? "";
  const roots = [runtime, env["TMPDIR"] ?? "", tmpdir(), "/tmp"].filter(isAbsolute);
  const user = process.getuid?.() ?? 0;
  const fixed = roots.map((root) => join(root, `music-generations-${user}-${digest}`));
  return [
    ...[preferred, ...fixed].map((folder) => () => ensure(folder)),
    ...roots.map((root) => () => random(root)),
  ];
}

async function ensure(folder: string): Promise<string> {
  checkPath(folder);
  await mkdir(folder, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EEXIST") throw error;
  });
  return folder;
}

async function random(root: string): Promise<string> {
  return await ensure(join(root, `music-generations-${systemRandom.hex(8)}`));
}

function checkPath(folder: string): void {
  const path = join(folder, socketName);
  if (!plain.test(path)) throw new Error(`${path} has characters that a socket's path can't have`);
  if (Buffer.byteLength(path) > longestBytes) throw new Error(`${path} is too long for a socket`);
}

/** Throws unless `folder` is a folder of ours, closed to others, in which a socket can be made. */
async function verified(folder: string): Promise<string> {
  const found = await lstat(folder);
  if (!found.isDirectory()) throw new Error(`${folder} is no folder`);
  if (found.uid !== (process.getuid?.() ?? found.uid)) {
    throw new Error(`${folder} belongs to another user`);
  }
  if ((found.mode & 0o077) !== 0) throw new Error(`${folder} is open to other users`);
  await tryToListen(join(folder, "try.sock"));
  return folder;
}

/** Throws when no socket can be made at `path`. */
async function tryToListen(path: string): Promise<void> {
  await rm(path, { force: true });
  await new Promise<void>((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(path, () => server.close(() => resolve()));
  });
}
