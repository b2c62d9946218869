/**
 * Our side: the service's own store, change feed and worker, put together as `src/compose.ts` does, but
 * for an engine that does nothing and an artifact store that keeps nothing, as peers keep no files either.
 */

import { Readable } from "node:stream";
import { pino } from "pino";
import { systemClock as clock } from "../../src/base/clock.ts";
import { Probe } from "../../src/base/probe.ts";
import { systemRandom as random } from "../../src/base/random.ts";
import type { ArtifactInfo, ArtifactStore } from "../../src/generations/artifacts.ts";
import type { Engine, EngineOutcome, EngineTask } from "../../src/generations/engine.ts";
import { newId } from "../../src/generations/identifiers.ts";
import type { NewJob } from "../../src/generations/job-store.ts";
import { createMetrics } from "../../src/metrics/metrics.ts";
import { rulePolicy } from "../../src/policy/rules.ts";
import type { JobDocument } from "../../src/store/documents.ts";
import { createStore, type Database, openDatabase, type Store } from "../../src/store/index.ts";
import type { ExecutionSteps } from "../../src/worker/execution.ts";
import { defaultLeaseTimes } from "../../src/worker/leases.ts";
import { Worker } from "../../src/worker/worker.ts";
import { Workspaces } from "../../src/worker/workspaces.ts";
import { concurrency, payload } from "./queues/queue.ts";

const log = pino({ level: process.env["BENCH_LOG"] ?? "warn" });
const engineKey = "bench";
const attemptMs = 3_600_000;

export interface OpenStore extends Store {
  readonly database: Database;
  /** Also drops the database, unless as a guest. */
  close(isGuest?: boolean): Promise<void>;
}

/** The store over a database of its own name, with the default limits and a cap of 4. */
export async function openStore(uri: string, name: string): Promise<OpenStore> {
  const database = await openDatabase({ uri, name });
  const limits = {
    leaseTtlMs: defaultLeaseTimes.ttlMs,
    attemptMs,
    jobMs: 86_400_000,
    defaultCap: 4,
  };
  const store = createStore(database, { clock, random, log }, limits);
  await store.feed.start();
  return {
    ...store,
    database,
    close: async (isGuest = false) => {
      await store.feed.stop();
      if (!isGuest) await database.db.dropDatabase();
      await database.client.close();
    },
  };
}

export function newJob(organizationId: string): NewJob {
  return {
    id: newId(random, "mgen"),
    organizationId,
    userId: "user_1",
    engine: engineKey,
    request: { ...payload, mode: "creation" },
    seed: 7,
    priority: "normal",
    traceparent: null,
    idempotency: null,
  };
}

/** What one attempt does: by default nothing. */
export type Attempt = (task: EngineTask) => Promise<void> | void;

function engineOf(attempt: Attempt): Engine {
  return {
    description: {
      key: engineKey,
      name: "Bench",
      maxDurationSeconds: 600,
      supportsVocals: false,
      supportsLyrics: false,
      supportsStems: false,
      supportedLanguages: [],
      licenceClass: "unclear",
      commercialUse: false,
      requiresAttribution: false,
      outputFormats: ["mp3"],
      supportsSeedTracks: false,
      modes: ["creation"],
    },
    start: async () => {},
    stop: async () => {},
    check: () => [],
    run: async (task): Promise<EngineOutcome> => {
      await attempt(task);
      if (task.signal.aborted) return { kind: "stopped", at: "the bench", checkpoint: null };
      return {
        kind: "finished",
        master: { path: "/dev/null", mimeType: "audio/mpeg", extension: "mp3" },
        extras: [],
        stemGainDb: null,
        measuredDurationSeconds: 5,
        title: "Nothing",
        instrumental: true,
      };
    },
  };
}

function nothingKept(): ArtifactStore {
  const info = (name: string): ArtifactInfo => ({
    name,
    size: 0,
    sha256: "",
    mimeType: "audio/mpeg",
    storedAt: clock.now(),
  });
  return {
    put: async (name) => info(name),
    stat: async () => null,
    read: async () => Readable.from([]),
    delete: async () => true,
    list: async function* () {},
  };
}

/** Starts the service's worker; the workspaces are under `folder`. */
export async function startWorker(
  { jobs, feed }: Store,
  folder: string,
  attempt: Attempt,
  jobsAtOnce = concurrency,
): Promise<Worker> {
  const worker = new Worker(
    {
      store: jobs,
      feed,
      engines: [engineOf(attempt)],
      artifacts: nothingKept(),
      workspaces: new Workspaces(folder),
      clock,
      random,
      log,
      probe: new Probe<ExecutionSteps>(),
      telemetry: { ...createMetrics(async () => []), tracer: null },
      policy: rulePolicy,
    },
    {
      owner: `bench-${random.hex(4)}`,
      concurrency: jobsAtOnce,
      leaseTimes: { ...defaultLeaseTimes, attemptMs },
      pollEveryMs: 1_000,
      sweepEveryMs: 1_000,
      drainMs: 10_000,
    },
  );
  await worker.start();
  return worker;
}

/**
 * Puts `count` documents like the one that `create` makes straight into the collection.
 * @param change what differs for the n-th
 */
export async function insertMany(
  { jobs, database }: OpenStore,
  count: number,
  change: (n: number) => Partial<JobDocument>,
): Promise<void> {
  const { id } = await jobs.create(newJob("org_template"));
  const template = (await database.jobs.findOneAndDelete({ _id: id })) as JobDocument;
  const size = 5_000;
  for (let from = 0; from < count; from += size) {
    const documents = Array.from({ length: Math.min(size, count - from) }, (_, n) => ({
      ...template,
      _id: newId(random, "mgen"),
      ...change(from + n),
    }));
    await database.jobs.insertMany(documents, { ordered: false, writeConcern: { w: 1 } });
  }
}
