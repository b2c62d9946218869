/** The worker over a real mongod and a real artifact store: how attempts begin, end and are lost. */

import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, expect, it, onTestFinished } from "vitest";
import { type Clock, systemClock } from "../../src/base/clock.ts";
import { Probe } from "../../src/base/probe.ts";
import { systemRandom } from "../../src/base/random.ts";
import type { Job } from "../../src/generations/job.ts";
import type { JobStore } from "../../src/generations/job-store.ts";
import { everyOf } from "../../src/generations/policy.ts";
import { noTelemetry } from "../../src/generations/telemetry.ts";
import { FileArtifactStore } from "../../src/media/file-store.ts";
import { createStore } from "../../src/store/index.ts";
import type { ExecutionSteps } from "../../src/worker/execution.ts";
import type { LeaseTimes } from "../../src/worker/leases.ts";
import { Worker } from "../../src/worker/worker.ts";
import { Workspaces } from "../../src/worker/workspaces.ts";
import { ScriptedEngine } from "../support/scripted-engine.ts";
import { newTestJob, openTestStore, silentLog, testLimits } from "../support/store.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const leaseTimes: LeaseTimes = {
  ttlMs: 5_000,
  attemptMs: 600_000,
  renewEveryMs: 100,
  marginMs: 500,
  progressEveryMs: 10,
};
const store = await openTestStore({ leaseTtlMs: leaseTimes.ttlMs });
const { jobs, feed, database } = store;
const scope = { organizationId: "org_a", userId: "user_1" };

/** A worker with an engine of its own, so that the tests of this file do not take each other's jobs. */
async function startWorker(
  engineKey: string,
  times: Partial<LeaseTimes> = {},
  everyMs = 200,
  over: { readonly store: JobStore; readonly clock: Clock } = { store: jobs, clock: systemClock },
) {
  const folder = await temporaryFolder();
  const engine = new ScriptedEngine(engineKey);
  const probe = new Probe<ExecutionSteps>();
  const artifacts = new FileArtifactStore({
    folder: join(folder, "artifacts"),
    clock: systemClock,
    random: systemRandom,
  });
  await artifacts.start();
  const worker = new Worker(
    {
      store: over.store,
      feed,
      engines: [engine],
      artifacts,
      workspaces: new Workspaces(join(folder, "work")),
      clock: over.clock,
      random: systemRandom,
      log: silentLog,
      probe,
      telemetry: noTelemetry,
      policy: everyOf([]),
    },
    {
      owner: engineKey,
      concurrency: 2,
      leaseTimes: { ...leaseTimes, ...times },
      pollEveryMs: everyMs,
      sweepEveryMs: 50,
      drainMs: 5_000,
    },
  );
  await worker.start();
  onTestFinished(() => worker.stop());
  const workspaces = () => readdir(join(folder, "work")).catch(() => []);
  return { worker, engine, probe, artifacts, workspaces };
}

async function get(jobId: string): Promise<Job> {
  const job = await jobs.get(scope, jobId);
  if (job === null) throw new Error("no such job");
  return job;
}

describe("a job that is left alone", () => {
  it("succeeds with its track stored, and leaves no workspace", async () => {
    const { probe, artifacts, workspaces } = await startWorker("alone");
    const settled = probe.next("settled");
    const { id } = await jobs.create(newTestJob({ engine: "alone" }));
    await settled;
    const job = await get(id);
    expect(job).toMatchObject({ status: "succeeded", progress: { percent: 100 }, attempts: 1 });
    const stored = await artifacts.read(job.track?.artifact ?? "");
    expect(await text(stored!)).toBe(`audio of ${id}`);
    expect(await workspaces()).toEqual([]);
  });

  it("is found by hints alone, when it is new and when it waits again", async () => {
    const { engine } = await startWorker("hints", {}, 3_600_000);
    const first = engine.nextRun();
    engine.fail(true);
    const { id } = await jobs.create(newTestJob({ engine: "hints" }));
    await first;
    const second = engine.nextRun();
    engine.error = null;
    expect((await second).task.jobId).toBe(id);
    await expect.poll(async () => await get(id)).toMatchObject({ status: "succeeded" });
  });

  it("succeeds although the look for it took longer than a lease lasts", async () => {
    let aheadMs = 0;
    const clock = { ...systemClock, monotonicMs: () => systemClock.monotonicMs() + aheadMs };
    const ports = { clock, random: systemRandom, log: silentLog };
    const own = createStore(database, ports, { ...testLimits, leaseTtlMs: leaseTimes.ttlMs }).jobs;
    // The first look, which finds it.
    const claim: JobStore["claim"] = (...asked) => {
      if (aheadMs === 0) aheadMs = 2 * leaseTimes.ttlMs;
      return own.claim(...asked);
    };
    const { id } = await jobs.create(newTestJob({ engine: "slow look" }));
    await startWorker("slow look", {}, 200, { store: { ...own, claim }, clock });
    await expect.poll(() => get(id)).toMatchObject({ status: "succeeded", attempts: 1 });
  });

  it("shows its progress on the way", async () => {
    const { engine } = await startWorker("progress");
    engine.script = { checkpoints: 4, free: false };
    const begun = engine.nextRun();
    const { id } = await jobs.create(newTestJob({ engine: "progress" }));
    const run = await begun;
    const changed = new Promise<void>((resolve) => {
      const off = feed.onJob(id, async () => {
        if ((await get(id)).progress.percent < 40) return;
        off();
        resolve();
      });
    });
    run.pass(2);
    await changed;
    expect(await get(id)).toMatchObject({
      status: "running",
      progress: { percent: 40, phase: "render", message: "Step 2" },
      checkpoint: { label: "step 2" },
    });
    run.pass(2);
  });
});

describe("cancel", () => {
  it("stops a running job at its next checkpoint, with a receipt", async () => {
    const { engine, probe, workspaces } = await startWorker("cancel");
    engine.script = { checkpoints: 4, free: false };
    const begun = engine.nextRun();
    const { id } = await jobs.create(newTestJob({ engine: "cancel" }));
    const run = await begun;
    run.pass(2);
    const settled = probe.next("settled");
    expect(await jobs.requestCancel(scope, id)).toMatchObject({ status: "running" });
    await settled;
    const job = await get(id);
    expect(job).toMatchObject({ status: "cancelled", track: null });
    expect(job.cancel?.checkpoint).toMatch(/^step [34]$/);
    expect(job.cancel?.observedAt?.getTime()).toBeGreaterThanOrEqual(
      job.cancel?.requestedAt.getTime() ?? Number.POSITIVE_INFINITY,
    );
    expect(await workspaces()).toEqual([]);
  });

  it("that comes after the artifact is stored still wins, and the artifact goes", async () => {
    const { engine, probe, artifacts } = await startWorker("late");
    let artifact = "";
    probe.on("published", async (published) => {
      artifact = published.artifact;
      await jobs.requestCancel(scope, published.jobId);
    });
    const settled = probe.next("settled");
    const { id } = await jobs.create(newTestJob({ engine: engine.description.key }));
    await settled;
    expect(await get(id)).toMatchObject({ status: "cancelled", track: null });
    expect(artifact).not.toBe("");
    expect(await artifacts.stat(artifact)).toBeNull();
  });

  it("that comes after the success changes nothing", async () => {
    const { probe } = await startWorker("after");
    const settled = probe.next("settled");
    const { id } = await jobs.create(newTestJob({ engine: "after" }));
    await settled;
    expect(await jobs.requestCancel(scope, id)).toMatchObject({
      status: "succeeded",
      cancel: null,
    });
  });
});

describe("a lost lease", () => {
  it("stops the attempt, which writes no state and leaves no artifact; the next one succeeds", async () => {
    const { engine, probe, artifacts } = await startWorker("lost");
    let lost = "";
    const off = probe.on("published", async ({ jobId, artifact }) => {
      off();
      lost = artifact;
      // Another process sees the lease run out and takes the job back before this one settles.
      // A heartbeat in between would renew the lease, so this is tried until it is lost.
      while ((await get(jobId)).epoch === 1 && (await get(jobId)).phase === "running") {
        await database.jobs.updateOne(
          { _id: jobId, epoch: 1, phase: "running" },
          { $set: { "lease.expiresAt": new Date(0) } },
        );
        await jobs.sweepLapsed();
      }
    });
    const first = probe.next("settled");
    const { id } = await jobs.create(newTestJob({ engine: engine.description.key }));
    expect((await first).job).toBeNull();
    await probe.next("settled");
    const job = await get(id);
    expect(job).toMatchObject({ status: "succeeded", attempts: 2, epoch: 2 });
    expect(await artifacts.stat(lost)).toBeNull();
    expect(await artifacts.stat(job.track?.artifact ?? "")).not.toBeNull();
  });

  it("is noticed by the worker itself when the database does not answer", async () => {
    const { engine } = await startWorker("mute", {
      ttlMs: 700,
      marginMs: 500,
      renewEveryMs: 60_000,
    });
    engine.script = { checkpoints: 1, free: false };
    const begun = engine.nextRun();
    await jobs.create(newTestJob({ engine: "mute" }));
    const { signal } = (await begun).task;
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    expect(signal.reason).toMatchObject({ kind: "LeaseLost" });
  });
});

describe("failures", () => {
  it("a permanent one fails at once with the engine's message", async () => {
    const { engine, probe } = await startWorker("permanent");
    engine.fail(false);
    const settled = probe.next("settled");
    const { id } = await jobs.create(newTestJob({ engine: "permanent" }));
    await settled;
    expect(await get(id)).toMatchObject({
      status: "failed",
      attempts: 1,
      failure: { kind: "engine", message: "The strings broke." },
    });
  });

  it("a transient one backs off and the next attempt succeeds", async () => {
    const { engine, probe } = await startWorker("transient");
    engine.fail(true);
    const first = probe.next("settled");
    const { id } = await jobs.create(newTestJob({ engine: "transient" }));
    expect((await first).job).toMatchObject({ status: "queued", phase: "backoff" });
    engine.error = null;
    await database.jobs.updateOne({ _id: id }, { $set: { notBefore: new Date(0) } });
    await probe.next("settled");
    expect(await get(id)).toMatchObject({ status: "succeeded", attempts: 2 });
  });
});

it("an attempt that takes too long is stopped at its checkpoint and comes again later", async () => {
  const { engine, probe } = await startWorker("endless", { attemptMs: 600 });
  engine.script = { checkpoints: 1, free: false };
  const settled = probe.next("settled");
  await jobs.create(newTestJob({ engine: "endless" }));
  expect((await settled).job).toMatchObject({
    status: "queued",
    phase: "backoff",
    history: [{ outcome: "failed", failure: { kind: "attempt_timeout" } }],
  });
  expect(engine.runs[0]?.task.signal.reason).toMatchObject({ kind: "DeadlineExceeded" });
});

describe("drain", () => {
  it("hands the job back at its checkpoint without spending the attempt; another worker goes on", async () => {
    const first = await startWorker("drain");
    first.engine.script = { checkpoints: 4, free: false };
    const begun = first.engine.nextRun();
    const { id } = await jobs.create(newTestJob({ engine: "drain" }));
    (await begun).pass(2);
    await first.worker.stop();
    const handedBack = await get(id);
    expect(handedBack).toMatchObject({ status: "queued", phase: "waiting", attempts: 0 });
    const second = await startWorker("drain");
    const resumed = second.engine.nextRun();
    const settled = second.probe.next("settled");
    expect((await resumed).task.resume?.checkpoint).toMatchObject({
      label: handedBack.checkpoint?.label,
    });
    await settled;
    expect(await get(id)).toMatchObject({ status: "succeeded", attempts: 1, epoch: 2 });
  });

  it("of a job that was asked to stop cancels it", async () => {
    const { worker, engine } = await startWorker("both");
    engine.script = { checkpoints: 1, free: false };
    const begun = engine.nextRun();
    const { id } = await jobs.create(newTestJob({ engine: "both" }));
    await begun;
    await Promise.all([jobs.requestCancel(scope, id), worker.stop()]);
    // Whichever was first: a cancel that was answered is never followed by anything else.
    expect((await get(id)).status).toBe("cancelled");
  });
});
