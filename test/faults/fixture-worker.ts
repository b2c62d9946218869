/**
 * A worker in a process of its own, for the tests to kill, stop and block: a real worker over a real
 * store, with a scripted engine. It says on its standard output, a line of JSON each, when it `serves`, and
 * when it has come to the step that it was told to halt at, where it stays until it is told to go on, and
 * how each attempt `end`s:
 *
 *     go            goes on
 *     block <path>  goes on with an event loop that is blocked until there is a file <path>
 *     stop          stops the worker, and then exits
 */

import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { pino } from "pino";
import { systemClock as clock } from "../../src/base/clock.ts";
import { Probe } from "../../src/base/probe.ts";
import { systemRandom as random } from "../../src/base/random.ts";
import type { JobStore } from "../../src/generations/job-store.ts";
import { everyOf } from "../../src/generations/policy.ts";
import { noTelemetry } from "../../src/generations/telemetry.ts";
import { GridFsArtifactStore } from "../../src/media/gridfs-store.ts";
import { createStore, openDatabase } from "../../src/store/index.ts";
import type { ExecutionSteps } from "../../src/worker/execution.ts";
import { Worker } from "../../src/worker/worker.ts";
import { Workspaces } from "../../src/worker/workspaces.ts";
import { ScriptedEngine } from "../support/scripted-engine.ts";
import type { FixtureSettings, Step } from "./fixture-settings.ts";

const settings = JSON.parse(process.argv[2] ?? "null") as FixtureSettings;
const log = pino({ level: process.env["TEST_LOG"] ?? "silent" }, pino.destination(2));

function say(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

const goOn = Promise.withResolvers<void>();
let isHalted = false;

/** Halts here, once, when it is the step to halt at. */
async function reach(step: Step, jobId: string | undefined): Promise<void> {
  if (step !== settings.haltAt || jobId === undefined || isHalted) return;
  isHalted = true;
  say({ at: step, jobId });
  await goOn.promise;
  engine.script = { checkpoints: 1, free: true };
}

function block(path: string): void {
  const cell = new Int32Array(new SharedArrayBuffer(4));
  while (!existsSync(path)) Atomics.wait(cell, 0, 0, 20);
}

/** The store, with a step after each claim and heartbeat was written, and before each exit. */
function withSteps(store: JobStore): JobStore {
  return {
    ...store,
    async claim(...args) {
      const claims = await store.claim(...args);
      await reach("claimed", claims[0]?.job.id);
      return claims;
    },
    async heartbeat(beats) {
      const results = await store.heartbeat(beats);
      await reach("heartbeat", results[0]?.jobId);
      return results;
    },
    async exit(lease, exit, receipt) {
      if (exit.kind === "release") await reach("draining", lease.jobId);
      return store.exit(lease, exit, receipt);
    },
  };
}

const database = await openDatabase({ uri: settings.uri, name: settings.database });
const limits = { leaseTtlMs: settings.times.ttlMs, attemptMs: 600_000, jobMs: 3_600_000 };
const store = createStore(database, { clock, random, log }, { ...limits, defaultCap: 4 });
await store.feed.start();
const engine = new ScriptedEngine(settings.engine);
const rendersLong = settings.haltAt === "heartbeat" || settings.haltAt === "draining";
engine.script = { checkpoints: 1, free: !rendersLong };
const artifacts = new GridFsArtifactStore({ db: database.db, clock, random });
await artifacts.start();
const probe = new Probe<ExecutionSteps>();
for (const step of ["prepared", "rendered", "published", "settled"] as const) {
  probe.on(step, ({ jobId }) => reach(step, jobId));
}
probe.on("settled", ({ jobId, job }) => say({ at: "end", jobId, status: job?.status ?? null }));
const worker = new Worker(
  {
    store: withSteps(store.jobs),
    feed: store.feed,
    engines: [engine],
    artifacts,
    workspaces: new Workspaces(settings.work),
    clock,
    random,
    log,
    probe,
    telemetry: noTelemetry,
    policy: everyOf([]),
  },
  {
    owner: `fixture-${process.pid}`,
    concurrency: 2,
    leaseTimes: settings.times,
    pollEveryMs: 100,
    sweepEveryMs: 100,
    drainMs: 60_000,
  },
);
await worker.start();

async function stop(): Promise<void> {
  await worker.stop();
  await store.feed.stop();
  await database.client.close();
  process.exit(0);
}

const commands: Readonly<Record<string, (argument: string) => unknown>> = {
  go: () => goOn.resolve(),
  block: (path) => {
    block(path);
    goOn.resolve();
  },
  stop,
};
createInterface({ input: process.stdin }).on("line", (line) => {
  const [name = "", argument = ""] = line.split(" ");
  commands[name]?.(argument);
});
void engine.nextRun().then(({ task }) => say({ at: "running", jobId: task.jobId }));
say({ at: "serving" });
