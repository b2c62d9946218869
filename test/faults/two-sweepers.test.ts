/** Sweepers and janitors of several processes over the same jobs: each transition happens once. */
import { expect, inject, it } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import { systemRandom } from "../../src/base/random.ts";
import type { Claim } from "../../src/generations/job.ts";
import type { JobStore } from "../../src/generations/job-store.ts";
import { maxAttempts } from "../../src/generations/state.ts";
import { createStore, openDatabase } from "../../src/store/index.ts";
import { Janitor } from "../../src/worker/janitor.ts";
import { Sweeper } from "../../src/worker/sweeper.ts";
import { Workspaces } from "../../src/worker/workspaces.ts";
import { faultsOfStep } from "../store/protocol/invariants.ts";
import { newTestJob, openTestStore, silentLog, testLimits } from "../support/store.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { scope } from "./store.ts";
import { namesIn } from "./tracks.ts";
import { gridFsOf } from "./worker.ts";

/** Of each kind. */
const count = Number(process.env["FAULT_JOBS"] ?? 25);
const processes = 4;
const limits = { ...testLimits, defaultCap: 10 * count };
const ports = { clock: systemClock, random: systemRandom, log: silentLog };
const hour = 3_600_000;

const store = await openTestStore(limits);
const { jobs, database } = store;
const artifacts = await gridFsOf(store);

/** Jobs of this kind, claimed by a worker that is no more. */
async function claimed(kind: string): Promise<Claim[]> {
  for (let n = 0; n < count; n++) await jobs.create(newTestJob({ engine: kind }));
  return jobs.claim("dead", [kind], count, true);
}

const longAgo = new Date(0);

async function set(kind: string, fields: object): Promise<void> {
  await database.jobs.updateMany({ engine: kind }, { $set: fields });
}

/** Makes the jobs of each kind. The last of the lapsed ones is made first, since it is swept on the way. */
const kinds: Readonly<Record<string, (kind: string) => Promise<void>>> = {
  "lapsed for the last time": async (kind) => {
    await claimed(kind);
    for (let attempt = 1; attempt < maxAttempts; attempt++) {
      await set(kind, { "lease.expiresAt": longAgo });
      await jobs.sweepLapsed();
      await jobs.claim("dead", [kind], count, true);
    }
    await set(kind, { "lease.expiresAt": longAgo });
  },
  lapsed: async (kind) => {
    await claimed(kind);
    await set(kind, { "lease.expiresAt": longAgo });
  },
  "lapsed and asked to stop": async (kind) => {
    for (const { job } of await claimed(kind)) await jobs.requestCancel(scope, job.id);
    await set(kind, { "lease.expiresAt": longAgo });
  },
  due: async (kind) => {
    const failure = { kind: "engine_transient", message: "Again." } as const;
    const retry = { kind: "retry", delayMs: hour, failure } as const;
    for (const { lease } of await claimed(kind)) await jobs.exit(lease, retry, null);
    await set(kind, { notBefore: longAgo });
  },
  "expired while it waited": async (kind) => {
    for (let n = 0; n < count; n++) await jobs.create(newTestJob({ engine: kind }));
    await set(kind, { deadlineAt: longAgo });
  },
  "expired while it ran": async (kind) => {
    await claimed(kind);
    await set(kind, { deadlineAt: longAgo });
  },
  "running still": async (kind) => void (await claimed(kind)),
  "kept long enough": async (kind) => {
    for (const { job, lease } of await claimed(kind)) await succeed(job.id, lease);
    await set(kind, { endedAt: longAgo });
  },
};

async function succeed(jobId: string, lease: Claim["lease"]): Promise<void> {
  const artifact = `tracks/${jobId}/1/master.mp3`;
  const source = (async function* () {
    yield Buffer.from(`audio of ${jobId}`);
  })();
  await artifacts.put(artifact, source, { mimeType: "audio/mpeg" });
  const track = {
    id: `mtrack_${jobId}`,
    title: "T",
    engine: "studio",
    mode: "creation",
    instrumental: true,
    measuredDurationSeconds: 1,
    mimeType: "audio/mpeg",
    licenceClass: "unclear",
    artifact,
    extras: [],
    stemGainDb: null,
  } as const;
  await jobs.exit(lease, { kind: "succeed", track }, null);
}

type Sweeps = Pick<JobStore, "sweepLapsed" | "sweepDue" | "sweepExpired" | "sweepRetention">;

/** What all processes together say that they did. */
const done = { sweepLapsed: 0, sweepDue: 0, sweepExpired: 0, sweepRetention: 0 };

function counting(real: JobStore): JobStore {
  const add = (name: keyof Sweeps, more: number) => {
    done[name] += more;
    return more;
  };
  return {
    ...real,
    sweepLapsed: async () => add("sweepLapsed", await real.sweepLapsed()),
    sweepDue: async () => add("sweepDue", await real.sweepDue()),
    sweepExpired: async () => add("sweepExpired", await real.sweepExpired()),
    sweepRetention: async (keepMs) => {
      const names = await real.sweepRetention(keepMs);
      add("sweepRetention", names.length);
      return names;
    },
  };
}

/** The sweeper and the janitor of one process, with a connection of its own. */
async function startProcess() {
  const own = await openDatabase({ uri: inject("mongoUri"), name: database.db.databaseName });
  const swept = counting(createStore(own, ports, limits).jobs);
  const workspaces = new Workspaces(await temporaryFolder());
  const sweeper = new Sweeper({ ...ports, store: swept, workspaces }, hour);
  const retention = { succeeded: hour, failed: null, cancelled: null, refused: null };
  const janitor = new Janitor(
    { ...ports, store: swept, artifacts },
    { retention, orphanAfterMs: hour, everyMs: hour },
  );
  const sweep = () => Promise.all([sweeper.sweep(), janitor.tidy()]);
  return { sweep, close: () => own.client.close() };
}

it("of many sweeps at once each job is moved by one, and by one version", async () => {
  for (const [kind, make] of Object.entries(kinds)) await make(kind);
  const before = await database.jobs.find().toArray();
  expect(await namesIn(artifacts)).toHaveLength(count);
  const all = await Promise.all(Array.from({ length: processes }, startProcess));
  await Promise.all(all.map(({ sweep }) => sweep()));
  await Promise.all(all.map(({ close }) => close()));
  const after = await database.jobs.find().toArray();
  const left = before.filter(({ engine }) => engine !== "kept long enough");
  const step = { before: { jobs: left }, after: { jobs: after }, capOf: () => limits.defaultCap };
  expect(faultsOfStep({ ...step, changes: 1 })).toEqual([]);
  const moved = Object.keys(kinds).map((kind) => {
    const own = after.filter(({ engine }) => engine === kind);
    return [kind, own.length, [...new Set(own.map(({ status, phase }) => `${status} ${phase}`))]];
  });
  expect(moved).toEqual([
    ["lapsed for the last time", count, ["failed ended"]],
    ["lapsed", count, ["queued waiting"]],
    ["lapsed and asked to stop", count, ["cancelled ended"]],
    ["due", count, ["queued waiting"]],
    ["expired while it waited", count, ["failed ended"]],
    ["expired while it ran", count, ["failed ended"]],
    ["running still", count, ["running running"]],
    ["kept long enough", 0, []],
  ]);
  expect(done).toEqual({
    sweepLapsed: 3 * count,
    sweepDue: count,
    sweepExpired: 2 * count,
    sweepRetention: count,
  });
  expect(await namesIn(artifacts)).toEqual([]);
});
