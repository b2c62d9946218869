/** A store over a fresh database in the shared mongod, and jobs to put into it. */
import { pino } from "pino";
import { afterAll } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import type { Log } from "../../src/base/log.ts";
import { systemRandom } from "../../src/base/random.ts";
import type { GenerationRequest } from "../../src/generations/engine.ts";
import { newId } from "../../src/generations/identifiers.ts";
import type { NewJob } from "../../src/generations/job-store.ts";
import { createStore, type Database, openDatabase, type Store } from "../../src/store/index.ts";
import { sharedDatabase } from "./shared-database.ts";

export const silentLog: Log = pino({ level: process.env["TEST_LOG"] ?? "silent" });

export const testLimits = {
  leaseTtlMs: 15_000,
  attemptMs: 600_000,
  jobMs: 3_600_000,
  defaultCap: 4,
};

export interface TestStore extends Store {
  readonly database: Database;
}

/** Dropped and closed after the tests of the file. */
export async function openTestStore(options: Partial<typeof testLimits> = {}): Promise<TestStore> {
  const shared = await sharedDatabase();
  const database = await openDatabase({ uri: shared.uri, name: shared.db.databaseName });
  const store = createStore(
    database,
    { clock: systemClock, random: systemRandom, log: silentLog },
    { ...testLimits, ...options },
  );
  await store.feed.start();
  afterAll(async () => {
    await store.feed.stop();
    await database.client.close();
    await shared.close();
  });
  return { ...store, database };
}

export const request: GenerationRequest = {
  prompt: "slow rain on a tin roof",
  durationSeconds: 5,
  mode: "creation",
  instrumental: false,
  lyrics: null,
  seedTrackId: null,
  styleTags: [],
  title: null,
  outputFormat: "mp3",
  stems: false,
};

export function newTestJob(change: Partial<NewJob> = {}): NewJob {
  return {
    id: newId(systemRandom, "mgen"),
    organizationId: "org_a",
    userId: "user_1",
    engine: "studio",
    request,
    seed: 7,
    priority: "normal",
    traceparent: null,
    idempotency: null,
    ...change,
  };
}
