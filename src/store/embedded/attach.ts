/**
 * The database for a command that runs beside a service, or without one: `keys create` uses the
 * database of the service that holds the data folder, and otherwise starts its own and stops it again.
 *
 * The service's note says how to reach it, but a note may be old; it counts only while the process that
 * wrote it runs and when a primary answers at the address.
 */
import { MongoClient } from "mongodb";
import { systemClock } from "../../base/clock.ts";
import { DataFolder } from "./data-folder.ts";
import { EmbeddedMongod, type EmbeddedMongodOptions } from "./embedded-mongod.ts";
import { DatabaseError } from "./errors.ts";
import { isRunning } from "./process-identity.ts";

export interface AttachedDatabase {
  readonly uri: string;
  /** True when it belongs to a running service. */
  readonly attached: boolean;
  /** Stops what was started for the caller; a service's database goes on. Idempotent. */
  stop(): Promise<void>;
}

export interface AttachOptions extends EmbeddedMongodOptions {
  /** How long a service that just starts, or just stops, is waited for. Default 20 s. */
  readonly waitMs?: number;
}

const defaultWaitMs = 20_000;
const answerMs = 1_000;
const pollMs = 50;

/**
 * Throws `DatabaseError`: `folder-in-use` when a service holds the folder and its database does not
 * answer in time, otherwise what `EmbeddedMongod.start` throws.
 */
export async function attachOrStart(options: AttachOptions): Promise<AttachedDatabase> {
  const clock = options.clock ?? systemClock;
  const deadline = clock.monotonicMs() + (options.waitMs ?? defaultWaitMs);
  const folder = await DataFolder.open(options.dataDir);
  for (;;) {
    const found = (await attach(folder)) ?? (await startOwn(options));
    if (!(found instanceof DatabaseError)) return found;
    if (clock.monotonicMs() >= deadline) throw found;
    await clock.sleep(pollMs);
  }
}

async function attach(folder: DataFolder): Promise<AttachedDatabase | undefined> {
  const note = await folder.readNote();
  if (note?.uri === undefined || !(await isRunning(note.service))) return undefined;
  const { uri } = note;
  if (!(await answers(uri))) return undefined;
  return { uri, attached: true, stop: async () => undefined };
}

/** True when a primary is there. */
async function answers(uri: string): Promise<boolean> {
  const client = new MongoClient(uri, { serverSelectionTimeoutMS: answerMs, maxPoolSize: 1 });
  try {
    await client.db("admin").command({ ping: 1 });
    return true;
  } catch {
    return false;
  } finally {
    await client.close();
  }
}

/** The error is returned when somebody else holds the folder: they may answer soon, or be gone. */
async function startOwn(options: AttachOptions): Promise<AttachedDatabase | DatabaseError> {
  const mongod = new EmbeddedMongod(options);
  try {
    await mongod.start();
    return { uri: mongod.uri, attached: false, stop: () => mongod.stop() };
  } catch (error) {
    if (error instanceof DatabaseError && error.fault === "folder-in-use") return error;
    throw error;
  }
}
