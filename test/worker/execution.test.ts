/** One attempt at a time, in the test's hands: what is kept and what is removed when it ends. */

import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import { Probe } from "../../src/base/probe.ts";
import { systemRandom } from "../../src/base/random.ts";
import type { Claim } from "../../src/generations/job.ts";
import { everyOf, type PolicyDecision } from "../../src/generations/policy.ts";
import { noTelemetry } from "../../src/generations/telemetry.ts";
import { FileArtifactStore } from "../../src/media/file-store.ts";
import { type ExecutionPorts, execute } from "../../src/worker/execution.ts";
import { defaultLeaseTimes, HeldLease } from "../../src/worker/leases.ts";
import { Workspaces } from "../../src/worker/workspaces.ts";
import { ScriptedEngine } from "../support/scripted-engine.ts";
import { newTestJob, openTestStore, silentLog } from "../support/store.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const { jobs, database } = await openTestStore();
const scope = { organizationId: "org_a", userId: "user_1" };

async function setUp(engineKey: string) {
  const folder = await temporaryFolder();
  const clock = systemClock;
  const random = systemRandom;
  const artifacts = new FileArtifactStore({ folder: join(folder, "artifacts"), clock, random });
  await artifacts.start();
  const ports: ExecutionPorts = {
    store: jobs,
    artifacts,
    workspaces: new Workspaces(join(folder, "work")),
    clock,
    random,
    log: silentLog,
    probe: new Probe(),
    telemetry: noTelemetry,
    policy: everyOf([]),
  };
  const engine = new ScriptedEngine(engineKey);
  const { id } = await jobs.create(newTestJob({ engine: engineKey }));
  return { ports, engine, artifacts, id, work: join(folder, "work") };
}

async function claim(engineKey: string): Promise<Claim> {
  const [taken] = await jobs.claim("test", [engineKey], 1, true);
  if (taken === undefined) throw new Error("nothing to claim");
  return taken;
}

function hold(taken: Claim, trustMs = 10_000): HeldLease {
  const times = { ...defaultLeaseTimes, attemptMs: 600_000, ttlMs: trustMs, marginMs: 0 };
  return new HeldLease(taken.lease, systemClock, systemClock.monotonicMs(), times);
}

async function loseLease(jobId: string): Promise<void> {
  const past = { "lease.expiresAt": new Date(0) };
  await database.jobs.updateOne({ _id: jobId, phase: "running" }, { $set: past });
  await jobs.sweepLapsed();
}

const checkpoint = { label: "step 2", data: { n: 2 } };
const halfway = { percent: 50, phase: "render", message: "Step 2", checkpoint };

describe("a workspace", () => {
  it("is made when the engine asks for it", async () => {
    const { ports, engine, id, work } = await setUp("asks");
    const during = async () => {
      const { promise, resolve } = Promise.withResolvers<string[]>();
      ports.probe.on("rendered", () => resolve(readdir(work).catch(() => [])));
      const taken = await claim("asks");
      await execute(ports, engine, taken, hold(taken));
      return await promise;
    };
    expect(await during()).toEqual([id]);
    await jobs.create(newTestJob({ engine: "asks" }));
    engine.run = async () => {
      throw new Error("before it asked");
    };
    expect(await during()).toEqual([]);
  });
});

describe("an attempt that is stopped before its engine began", () => {
  it("hands the job back with the checkpoint and the workspace of the attempt before", async () => {
    const { ports, engine, id, work } = await setUp("early");
    const first = await claim("early");
    await ports.workspaces.create(id, 1);
    await jobs.heartbeat([{ lease: first.lease, progress: halfway }]);
    await loseLease(id);
    const second = await claim("early");
    const held = hold(second);
    held.abort("ShuttingDown");
    await execute(ports, engine, second, held);
    const job = await jobs.get(scope, id);
    expect(job).toMatchObject({ phase: "waiting", checkpoint: { ...checkpoint, epoch: 1 } });
    expect(await readdir(join(work, id))).toContain("1");
  });
});

describe("an attempt that lost its lease", () => {
  it("and ends late leaves the workspace of the one that runs now", async () => {
    const { ports, engine, id, work } = await setUp("overtaken");
    engine.script = { checkpoints: 4, free: false };
    const first = await claim("overtaken");
    const held = hold(first);
    const begun = engine.nextRun();
    const attempt = execute(ports, engine, first, held);
    await begun;
    await jobs.heartbeat([{ lease: first.lease, progress: halfway }]);
    await loseLease(id);
    await ports.workspaces.create(id, (await claim("overtaken")).lease.epoch);
    held.abort("LeaseLost");
    await attempt;
    expect((await readdir(join(work, id))).sort()).toEqual(["1", "2"]);
  });
});

describe("an attempt whose settle goes unanswered", () => {
  it("keeps its artifact while the settle may still take place", async () => {
    const { ports, engine, artifacts, id } = await setUp("unanswered");
    const taken = await claim("unanswered");
    let late: () => Promise<unknown> = async () => {};
    const exit: typeof jobs.exit = async (...settle) => {
      late = () => jobs.exit(...settle);
      throw new Error("the connection was lost");
    };
    const store = { ...ports.store, exit };
    await execute({ ...ports, store }, engine, taken, hold(taken, 0));
    await late();
    const job = await jobs.get(scope, id);
    expect(job?.status).toBe("succeeded");
    expect(await artifacts.stat(job?.track?.artifact ?? "")).not.toBeNull();
  });
});

describe("an engine that rejects with the reason it was aborted with", () => {
  it("has stopped, not failed", async () => {
    const { ports, engine, id } = await setUp("rejecting");
    const begun = Promise.withResolvers<void>();
    engine.run = async ({ signal }) => {
      begun.resolve();
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      throw signal.reason;
    };
    const taken = await claim("rejecting");
    const held = hold(taken);
    const attempt = execute(ports, engine, taken, held);
    await begun.promise;
    held.abort("ShuttingDown");
    await attempt;
    expect(await jobs.get(scope, id)).toMatchObject({ phase: "waiting", attempts: 0 });
  });
});

describe("a job that continues a track", () => {
  /** Makes a track with what its engine left for this, and a job that continues it. */
  async function continuing(engineKey: string) {
    const { ports, engine, artifacts, id } = await setUp(engineKey);
    engine.extras = [{ kind: "continuation", stem: null }];
    const first = await claim(engineKey);
    await execute(ports, engine, first, hold(first));
    const seedTrackId = (await jobs.get(scope, id))?.track?.id ?? "";
    const request = { ...newTestJob().request, seedTrackId };
    const next = await jobs.create(newTestJob({ engine: engineKey, request }));
    return { ports, engine, artifacts, seedTrackId, next };
  }

  it("gives the engine what it left with the track", async () => {
    const { ports, engine, seedTrackId, next } = await continuing("going on");
    const taken = await claim("going on");
    await execute(ports, engine, taken, hold(taken));
    expect(engine.runs.map(({ task }) => task.continues)).toEqual([null, "continuation null"]);
    const job = await jobs.get(scope, next.id);
    expect(job).toMatchObject({ status: "succeeded", request: { seedTrackId } });
  });

  it("whose track was deleted meanwhile fails, and says so", async () => {
    const { ports, engine, seedTrackId, next } = await continuing("gone");
    await jobs.deleteTrack(scope, seedTrackId);
    const taken = await claim("gone");
    await execute(ports, engine, taken, hold(taken));
    const failure = {
      kind: "seed_track",
      message: "The track to continue from is not there any more.",
    };
    const history = [{ outcome: "failed", failure }];
    expect(await jobs.get(scope, next.id)).toMatchObject({ status: "failed", failure, history });
  });

  it("is none of another user's, whatever its document says", async () => {
    const { ports, engine, seedTrackId } = await continuing("scoped");
    await claim("scoped");
    const request = { ...newTestJob().request, seedTrackId };
    const { id } = await jobs.create(newTestJob({ engine: "scoped", userId: "user_2", request }));
    const taken = await claim("scoped");
    await execute(ports, engine, taken, hold(taken));
    const other = { ...scope, userId: "user_2" };
    expect(await jobs.get(other, id)).toMatchObject({ failure: { kind: "seed_track" } });
  });

  it("is tried again when the artifact cannot be read", async () => {
    const { ports, engine, artifacts, next } = await continuing("unread");
    const taken = await claim("unread");
    const broken = Object.create(artifacts, {
      read: { value: async () => Promise.reject(new Error("input/output error")) },
    });
    await execute({ ...ports, artifacts: broken }, engine, taken, hold(taken));
    const history = [{ failure: { kind: "storage" } }];
    expect(await jobs.get(scope, next.id)).toMatchObject({ phase: "backoff", history });
  });
});

describe("the policy", () => {
  const decide = (decision: () => Promise<PolicyDecision>) => ({ policy: { decide: decision } });

  it("refuses with its reason before the engine sees the request", async () => {
    const { ports, engine, id } = await setUp("refused");
    const refusal = { allowed: false, rule: "imitation", reason: "Please describe it." } as const;
    const taken = await claim("refused");
    await execute({ ...ports, ...decide(async () => refusal) }, engine, taken, hold(taken));
    expect(await jobs.get(scope, id)).toMatchObject({
      status: "refused",
      refusal: "Please describe it.",
      history: [{ outcome: "refused", failure: null }],
    });
    expect(engine.runs).toEqual([]);
  });

  it("that cannot be asked lets nothing pass: the attempt comes again later", async () => {
    const { ports, engine, id } = await setUp("unasked");
    const away = decide(() => Promise.reject(new Error("connection refused by 10.0.0.7")));
    const taken = await claim("unasked");
    await execute({ ...ports, ...away }, engine, taken, hold(taken));
    const failure = { kind: "policy_unavailable", message: "The request could not be checked." };
    expect(await jobs.get(scope, id)).toMatchObject({ phase: "backoff", history: [{ failure }] });
    expect(engine.runs).toEqual([]);
  });
});
