/**
 * The database handle: collections with their types, and the indexes, made at start.
 *
 * Writes are majority and journaled, so that an acknowledged one survives any single crash. Looks read
 * `local` on the primary: a majority read may miss a write that was just made.
 */
import { type Collection, type Db, type IndexDescription, MongoClient } from "mongodb";
import type { Clock } from "../base/clock.ts";
import { TimeUp, withTimeLimit } from "../base/time-limit.ts";
import { active } from "../generations/state.ts";
import type {
  ApiKeyDocument,
  JobDocument,
  OrganizationDocument,
  WorkerDocument,
} from "./documents.ts";

export interface Database {
  readonly client: MongoClient;
  readonly db: Db;
  readonly jobs: Collection<JobDocument>;
  readonly organizations: Collection<OrganizationDocument>;
  readonly apiKeys: Collection<ApiKeyDocument>;
  readonly workers: Collection<WorkerDocument>;
}

const jobIndexes: readonly IndexDescription[] = [
  // The wall of the cap: no two running jobs of an organization share a slot. It also lists all that run.
  {
    name: "slot",
    key: { org: 1, slot: 1 },
    unique: true,
    partialFilterExpression: { slot: { $gte: 0 } },
  },
  // The look for waiting organizations, and for the next jobs of one.
  {
    name: "queue",
    key: { phase: 1, engine: 1, org: 1, rank: 1, _id: 1 },
    partialFilterExpression: { phase: "waiting" },
  },
  { name: "due", key: { notBefore: 1 }, partialFilterExpression: { phase: "backoff" } },
  {
    name: "retention",
    key: { status: 1, endedAt: 1 },
    partialFilterExpression: { phase: "ended" },
  },
  // The pace of an engine: its recent successes.
  {
    name: "pace",
    key: { engine: 1, endedAt: -1 },
    partialFilterExpression: { status: "succeeded" },
  },
  {
    name: "deleted",
    key: { deletedAt: 1 },
    partialFilterExpression: { deletedAt: { $exists: true } },
  },
  // Changed by the end of a job only, not by each of its phases.
  {
    name: "overdue",
    key: { deadlineAt: 1 },
    partialFilterExpression: { phase: { $in: active } },
  },
  { name: "list", key: { org: 1, user: 1, createdAt: -1, _id: -1 } },
  { name: "list_by_status", key: { org: 1, user: 1, status: 1, createdAt: -1, _id: -1 } },
  {
    name: "idempotency",
    key: { org: 1, user: 1, "idempotency.key": 1 },
    unique: true,
    partialFilterExpression: { "idempotency.key": { $exists: true } },
  },
  {
    name: "track",
    key: { "track.id": 1 },
    unique: true,
    partialFilterExpression: { "track.id": { $exists: true } },
  },
];

/** The windows of the rate limits; their shape is that of `rate-limiter-flexible`. */
export const rateCountersName = "rate_counters";

const rateCounterIndexes: readonly IndexDescription[] = [
  { name: "key", key: { key: 1 }, unique: true },
  { name: "expire", key: { expire: 1 }, expireAfterSeconds: 0 },
];

export interface DatabaseOptions {
  readonly uri: string;
  /** The database's name when the URI has none. */
  readonly name: string;
  /** How long a call waits for a server that can be written to, in milliseconds. */
  readonly serverSelectionTimeoutMs?: number;
  /** How long a new connection may take, in milliseconds. */
  readonly connectTimeoutMs?: number;
}

/** Connects, makes what indexes are missing and returns the handle; the caller closes its client. */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const client = new MongoClient(options.uri, {
    appName: "music-generations",
    maxPoolSize: 64,
    // Also how long the driver's monitor waits for a server beyond its ten seconds between two looks, and
    // then ends what hangs: 24 s after mongod was frozen, and 44 to 65 s with the default of 30 (measured).
    connectTimeoutMS: options.connectTimeoutMs ?? 10_000,
    serverSelectionTimeoutMS: options.serverSelectionTimeoutMs ?? 5_000,
    writeConcern: { w: "majority", journal: true },
    readConcernLevel: "local",
    readPreference: "primary",
    ignoreUndefined: true,
  });
  try {
    await client.connect();
    const database = collectionsOf(client, options.name);
    await database.jobs.createIndexes([...jobIndexes]);
    await database.apiKeys.createIndexes([{ name: "hash", key: { hash: 1 }, unique: true }]);
    await database.db.collection(rateCountersName).createIndexes([...rateCounterIndexes]);
    return database;
  } catch (error) {
    await client.close();
    throw error;
  }
}

/** How long a close waits for a server that is silent, in milliseconds. */
const closeLimitMs = 5_000;

/** Closes the client, within five seconds: a silent server must not hold up the end of the process. */
export async function closeDatabase({ client }: Database, clock: Clock): Promise<void> {
  try {
    await withTimeLimit(clock, "the database", closeLimitMs, () => client.close());
  } catch (error) {
    if (!(error instanceof TimeUp)) throw error;
  }
}

function collectionsOf(client: MongoClient, name: string): Database {
  const db =
    client.options.dbName && client.options.dbName !== "test" ? client.db() : client.db(name);
  return {
    client,
    db,
    jobs: db.collection("jobs"),
    organizations: db.collection("organizations"),
    apiKeys: db.collection("api_keys"),
    workers: db.collection("workers"),
  };
}

/** Whether this is the server's answer to a unique index; `index` narrows it to one. */
export function isDuplicateKey(error: unknown, index?: string): boolean {
  const { code, message } = error as { code?: unknown; message?: unknown };
  if (code !== 11_000) return false;
  return index === undefined || String(message).includes(`index: ${index} `);
}
