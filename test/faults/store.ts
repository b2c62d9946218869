/** A store over a mongod of the test's own, closed when the test ends; and one call of each method. */
import { onTestFinished } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import type { Log } from "../../src/base/log.ts";
import { systemRandom } from "../../src/base/random.ts";
import { newKey } from "../../src/generations/api-key-format.ts";
import type { Job } from "../../src/generations/job.ts";
import type { JobStore } from "../../src/generations/job-store.ts";
import {
  closeDatabase,
  createStore,
  type DatabaseOptions,
  openDatabase,
  type StoreOptions,
} from "../../src/store/index.ts";
import { newTestJob, silentLog, type TestStore, testLimits } from "../support/store.ts";

export const scope = { organizationId: "org_a", userId: "user_1" };

/** Over the database `name`; the feed is the caller's to start. */
export async function openStoreAt(
  uri: string,
  options: Partial<StoreOptions & DatabaseOptions & { readonly log: Log }> = {},
): Promise<TestStore> {
  const database = await openDatabase({ name: "faults", ...options, uri });
  const store = createStore(
    database,
    { clock: systemClock, random: systemRandom, log: options.log ?? silentLog },
    { ...testLimits, ...options },
  );
  onTestFinished(async () => {
    await store.feed.stop();
    await closeDatabase(database, systemClock);
  });
  return { ...store, database };
}

type Calls<Port> = { readonly [Method in keyof Port]: (port: Port) => Promise<unknown> };

/** A call of every method of the job store that reaches the database, about a job that is there. */
export function callsAbout(job: Job): Calls<JobStore> {
  const lease = { jobId: job.id, token: "0".repeat(32), epoch: 1 };
  const retention = { succeeded: 0, failed: 0, cancelled: 0, refused: 0 };
  return {
    create: (store) => store.create(newTestJob({ engine: job.engine })),
    findRepeat: (store) => store.findRepeat(newTestJob({ idempotency: { key: "k", hash: "h" } })),
    get: (store) => store.get(scope, job.id),
    list: (store) => store.list(scope, { status: null, limit: 1, offset: 0, after: null }),
    findByTrack: (store) => store.findByTrack(scope, "mtrack_0"),
    requestCancel: (store) => store.requestCancel(scope, job.id),
    deleteEnded: (store) => store.deleteEnded(scope, job.id),
    deleteTrack: (store) => store.deleteTrack(scope, "mtrack_0"),
    sweepRetention: (store) => store.sweepRetention(retention),
    namedAmong: (store) => store.namedAmong(["tracks/a/1/master.mp3"]),
    queueFacts: (store) => store.queueFacts(job),
    announce: (store) => store.announce({ owner: "w", engines: [job.engine], concurrency: 1 }),
    withdraw: (store) => store.withdraw("w"),
    claim: (store) => store.claim("w", [job.engine], 1, true),
    heartbeat: (store) => store.heartbeat([{ lease, progress: null }]),
    exit: (store) => store.exit(lease, { kind: "refuse", reason: "no" }, null),
    sweepLapsed: (store) => store.sweepLapsed(),
    sweepDue: (store) => store.sweepDue(),
    sweepExpired: (store) => store.sweepExpired(),
    endedAmong: (store) => store.endedAmong([job.id]),
  };
}

/** The same of the stores beside it. */
export const callsBeside: Readonly<Record<string, (store: TestStore) => Promise<unknown>>> = {
  membership: ({ organizations }) => organizations.membership("org_a", "user_1"),
  addMember: ({ organizations }) => organizations.addMember("org_a", "user_1"),
  capsOf: ({ organizations }) => organizations.capsOf(["org_a"]),
  setCap: ({ organizations }) => organizations.setCap("org_a", 3),
  setLimit: ({ organizations }) => organizations.setLimit("org_a", "callsPerMinute", 9),
  "create a key": ({ apiKeys }) => apiKeys.create("org_a", "user_1"),
  authenticate: ({ apiKeys }) => apiKeys.authenticate(newKey(systemRandom)),
};
