/** The composition of what runs jobs, and of what tidies up after them. */
import { join } from "node:path";
import { systemClock as clock } from "./base/clock.ts";
import type { Config } from "./base/config.ts";
import type { Log } from "./base/log.ts";
import { Probe } from "./base/probe.ts";
import { systemRandom as random } from "./base/random.ts";
import type { Engine } from "./generations/engine.ts";
import type { Retention } from "./generations/job-store.ts";
import type { Policy } from "./generations/policy.ts";
import type { Telemetry } from "./generations/telemetry.ts";
import type { FileArtifactStore } from "./media/file-store.ts";
import type { GridFsArtifactStore } from "./media/gridfs-store.ts";
import type { Store } from "./store/index.ts";
import type { ExecutionSteps } from "./worker/execution.ts";
import { Janitor } from "./worker/janitor.ts";
import { defaultLeaseTimes } from "./worker/leases.ts";
import { Worker } from "./worker/worker.ts";
import { Workspaces } from "./worker/workspaces.ts";

export interface WorkerParts {
  readonly store: Store;
  readonly engines: readonly Engine[];
  readonly artifacts: FileArtifactStore | GridFsArtifactStore;
  readonly telemetry: Telemetry;
  readonly policy: Policy;
  readonly log: Log;
}

export function createWorker(config: Config, { store, ...parts }: WorkerParts): Worker {
  const { jobs, feed } = store;
  return new Worker(
    {
      ...parts,
      store: jobs,
      feed,
      workspaces: new Workspaces(join(config.DATA_DIR, "work")),
      clock,
      random,
      probe: new Probe<ExecutionSteps>(),
    },
    {
      owner: `${process.pid}-${random.hex(4)}`,
      concurrency: config.WORKER_CONCURRENCY,
      leaseTimes: { ...defaultLeaseTimes, attemptMs: config.ATTEMPT_SECONDS * 1_000 },
      pollEveryMs: 1_000,
      sweepEveryMs: 1_000,
      drainMs: config.DRAIN_SECONDS * 1_000,
    },
  );
}

export function createJanitor(config: Config, { store, artifacts, log }: WorkerParts): Janitor {
  return new Janitor(
    { store: store.jobs, artifacts, clock, random, log },
    {
      retention: retentionOf(config),
      // Twice the longest attempt: its lease may have to run out before it is swept.
      orphanAfterMs: 2 * config.ATTEMPT_SECONDS * 1_000,
      everyMs: 60_000,
      ...("sweep" in artifacts && { sweepLeftovers: () => artifacts.sweep() }),
    },
  );
}

function retentionOf(config: Config): Retention {
  const ms = (days: number | undefined) => (days === undefined ? null : days * 86_400_000);
  return {
    succeeded: ms(config.RETAIN_SUCCEEDED_DAYS),
    failed: ms(config.RETAIN_FAILED_DAYS),
    cancelled: ms(config.RETAIN_CANCELLED_DAYS),
    refused: ms(config.RETAIN_REFUSED_DAYS),
  };
}
