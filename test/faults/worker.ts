/** A worker in the test's own process over a given store, with a scripted engine and what it called. */

import { onTestFinished } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import { Probe } from "../../src/base/probe.ts";
import { systemRandom } from "../../src/base/random.ts";
import type { ArtifactStore } from "../../src/generations/artifacts.ts";
import type { JobStore } from "../../src/generations/job-store.ts";
import { everyOf } from "../../src/generations/policy.ts";
import { noTelemetry } from "../../src/generations/telemetry.ts";
import { GridFsArtifactStore } from "../../src/media/gridfs-store.ts";
import type { ExecutionSteps } from "../../src/worker/execution.ts";
import { defaultLeaseTimes, type LeaseTimes } from "../../src/worker/leases.ts";
import { Worker } from "../../src/worker/worker.ts";
import { Workspaces } from "../../src/worker/workspaces.ts";
import { ScriptedEngine } from "../support/scripted-engine.ts";
import { silentLog, type TestStore } from "../support/store.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

export interface WorkerSettings {
  /** Also the key of its engine. */
  readonly engine: string;
  readonly times: LeaseTimes;
  readonly concurrency: number;
  readonly artifacts: ArtifactStore;
}

export interface SeenCall {
  readonly name: string;
  readonly args: readonly unknown[];
}

/** The same store, and the calls that were made of it. */
function observed(store: JobStore): { store: JobStore; seen: SeenCall[] } {
  const seen: SeenCall[] = [];
  const methods = Object.entries(store).map(([name, method]) => {
    const call = (...args: unknown[]) => {
      seen.push({ name, args });
      return method(...args);
    };
    return [name, call];
  });
  return { store: Object.fromEntries(methods) as JobStore, seen };
}

/** Stopped when the test ends. Its artifacts are in the database, unless told otherwise. */
export async function startWorkerOver(store: TestStore, settings: Partial<WorkerSettings> = {}) {
  const engine = new ScriptedEngine(settings.engine ?? "scripted");
  const probe = new Probe<ExecutionSteps>();
  const artifacts = settings.artifacts ?? (await gridFsOf(store));
  const { store: jobs, seen } = observed(store.jobs);
  const worker = new Worker(
    {
      store: jobs,
      feed: store.feed,
      engines: [engine],
      artifacts,
      workspaces: new Workspaces(await temporaryFolder()),
      clock: systemClock,
      random: systemRandom,
      log: silentLog,
      probe,
      telemetry: noTelemetry,
      policy: everyOf([]),
    },
    {
      owner: systemRandom.hex(4),
      concurrency: settings.concurrency ?? 2,
      leaseTimes: settings.times ?? { ...defaultLeaseTimes, attemptMs: 600_000 },
      pollEveryMs: 100,
      sweepEveryMs: 100,
      drainMs: 2_000,
    },
  );
  await worker.start();
  onTestFinished(() => worker.stop());
  return { worker, engine, probe, artifacts, seen };
}

export async function gridFsOf({ database }: TestStore): Promise<GridFsArtifactStore> {
  const artifacts = new GridFsArtifactStore({
    db: database.db,
    clock: systemClock,
    random: systemRandom,
  });
  await artifacts.start();
  return artifacts;
}
