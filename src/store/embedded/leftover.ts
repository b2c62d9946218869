/**
 * The mongod of a service that crashed. Its watcher ends it within seconds; if that fails it is ended
 * here. It is never adopted: it would have no watcher, and nobody knows its options.
 *
 * It is found by the service's note and by the pid in mongod's own lock file, and believed to be ours
 * only by its command line; a process that merely has the pid is left alone.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../../base/clock.ts";
import type { DataFolder } from "./data-folder.ts";
import { DatabaseError } from "./errors.ts";
import { isOurMongod } from "./mongod-command.ts";
import { endProcess, identify, type ProcessIdentity, waitUntilGone } from "./process-identity.ts";
import type { Report } from "./report.ts";

/** The watcher needs at most 5 s. */
const watcherMs = 5_000;
const graceMs = 5_000;

/** Resolves when no mongod of an earlier service runs in `folder`. Only for the holder of the lock. */
export async function endLeftover(folder: DataFolder, clock: Clock, report: Report): Promise<void> {
  const leftover = await findLeftover(folder);
  if (leftover === undefined) return;
  const { pid } = leftover;
  report({ level: "info", message: `waiting for mongod ${pid} of an earlier service to end` });
  if (await waitUntilGone(leftover, watcherMs, clock)) return;
  report({ level: "warn", message: `ending mongod ${pid}, which an earlier service left behind` });
  if (await endProcess(leftover, graceMs, clock)) return;
  const message = `mongod ${pid} of an earlier service on ${folder.path} can't be ended.`;
  throw new DatabaseError("folder-in-use", `${message} End it, then start again.`);
}

async function findLeftover(folder: DataFolder): Promise<ProcessIdentity | undefined> {
  const noted = (await folder.readNote())?.mongod?.pid;
  for (const pid of [noted, await lockedBy(folder.database)]) {
    const found = pid === undefined ? undefined : await identify(pid);
    if (found !== undefined && isOurMongod(found, folder.database)) return found;
  }
  return undefined;
}

/** The pid in mongod.lock, which is empty after a clean end. */
async function lockedBy(databaseFolder: string): Promise<number | undefined> {
  const text = await readFile(join(databaseFolder, "mongod.lock"), "utf8").catch(() => "");
  return text.trim() === "" ? undefined : Number(text.trim());
}
