/** A backlog of one organization slows nobody else: neither the turn of another, nor what a claim examines. */

import { beforeAll, expect, it, onTestFinished } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import { Probe } from "../../src/base/probe.ts";
import { systemRandom } from "../../src/base/random.ts";
import { everyOf } from "../../src/generations/policy.ts";
import { noTelemetry } from "../../src/generations/telemetry.ts";
import { FileArtifactStore } from "../../src/media/file-store.ts";
import type { JobDocument } from "../../src/store/documents.ts";
import { createStore } from "../../src/store/index.ts";
import { defaultLeaseTimes } from "../../src/worker/leases.ts";
import { Worker } from "../../src/worker/worker.ts";
import { Workspaces } from "../../src/worker/workspaces.ts";
import { ScriptedEngine } from "../support/scripted-engine.ts";
import { newTestJob, openTestStore, silentLog, testLimits } from "../support/store.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const few = 200;
/** Also measured with 1,000,000: see `test/bench`. */
const many = Number(process.env["BACKLOG"] ?? 20_000);
const places = 4;

const limits = { ...testLimits, defaultCap: 100 };
const { jobs, feed, database } = await openTestStore(limits);

/** Puts documents like those of `create` straight into the collection. */
async function queueBacklog(count: number): Promise<void> {
  const { id } = await jobs.create(newTestJob({ organizationId: "org_backlog" }));
  const template = (await database.jobs.findOneAndDelete({ _id: id })) as JobDocument;
  const from = await database.jobs.countDocuments();
  for (let at = 0; at < count; at += 1_000) {
    const numbers = Array.from({ length: Math.min(1_000, count - at) }, (_, n) => from + at + n);
    await database.jobs.insertMany(numbers.map((n) => ({ ...template, _id: `mgen_backlog_${n}` })));
  }
}

/** The index keys and documents that each step of the first claim of a new worker examines. */
async function examined(): Promise<string[]> {
  const ports = { clock: systemClock, random: systemRandom, log: silentLog };
  const worker = createStore(database, ports, limits).jobs;
  await database.db.command({ profile: 2 });
  const claims = await worker.claim("worker", ["studio", "another"], 2, true);
  await database.db.command({ profile: 0 });
  expect(claims.map(({ job }) => job.organizationId).sort()).toEqual(["org_backlog", "org_other"]);
  const steps = await database.db
    .collection("system.profile")
    // The change feed follows meanwhile.
    .find({ ns: database.jobs.namespace, keysExamined: { $exists: true }, op: { $ne: "getmore" } })
    .toArray();
  await database.db.dropCollection("system.profile");
  for (const { lease } of claims) {
    await jobs.exit(lease, { kind: "release", checkpoint: null }, null);
  }
  // Looks at several engines go side by side.
  return steps
    .map(
      ({ op, keysExamined, docsExamined }) =>
        `${op}: ${keysExamined} keys, ${docsExamined} documents`,
    )
    .sort();
}

let withFew: string[];
let withMany: string[];

beforeAll(async () => {
  await jobs.create(newTestJob({ organizationId: "org_other" }));
  await queueBacklog(few);
  withFew = await examined();
  await queueBacklog(many - few);
  withMany = await examined();
  await database.jobs.deleteMany({ org: "org_other" });
});

it("the look and the claim examine as much as with a short queue", () => {
  expect(withFew.length).toBeGreaterThan(3);
  expect(withMany).toEqual(withFew);
});

it("another organization's job gets the next free place of a worker that is full", async () => {
  const folder = await temporaryFolder();
  const engine = new ScriptedEngine("studio");
  engine.script = { checkpoints: 1, free: false };
  const artifacts = new FileArtifactStore({ folder, clock: systemClock, random: systemRandom });
  await artifacts.start();
  const worker = new Worker(
    {
      store: jobs,
      feed,
      engines: [engine],
      artifacts,
      workspaces: new Workspaces(`${folder}/work`),
      clock: systemClock,
      random: systemRandom,
      log: silentLog,
      probe: new Probe(),
      telemetry: noTelemetry,
      policy: everyOf([]),
    },
    {
      owner: "full",
      concurrency: places,
      leaseTimes: { ...defaultLeaseTimes, attemptMs: 600_000 },
      pollEveryMs: 1_000,
      sweepEveryMs: 60_000,
      drainMs: 5_000,
    },
  );
  await worker.start();
  onTestFinished(() => worker.stop());
  await expect.poll(() => engine.runs.length).toBe(places);
  const other = newTestJob({ organizationId: "org_other" });
  const { promise: known, resolve } = Promise.withResolvers<void>();
  feed.onJob(other.id, resolve);
  await jobs.create(other);
  await known;
  const next = engine.nextRun();
  engine.runs[0]?.pass();
  expect((await next).task.jobId).toBe(other.id);
});
