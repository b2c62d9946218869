/**
 * Watching a job: its state now, then each newer one, until it has ended. Hints from the change feed make
 * it fast, a poll makes it certain; every state is read by the caller's own scope.
 */
import type { Clock } from "../base/clock.ts";
import { jittered, type Random } from "../base/random.ts";
import { Wakeup } from "../base/wakeup.ts";
import { jobNotFound, ServiceError } from "../generations/failures.ts";
import type { Job, Scope } from "../generations/job.ts";
import type { ChangeFeed } from "../generations/job-store.ts";
import { isTerminal } from "../generations/state.ts";
import type { Telemetry } from "../generations/telemetry.ts";
import type { Looks } from "./looks.ts";
import { serviceStopping } from "./rpc-faults.ts";

export interface WatchPorts {
  readonly looks: Looks;
  readonly feed: ChangeFeed;
  readonly clock: Clock;
  readonly random: Random;
  readonly telemetry: Pick<Telemetry, "watching">;
  /** Aborts when the service stops; watchers are then told to come again. */
  readonly stopping: AbortSignal;
}

/** One who watches: whose jobs, from where on, until when, and as long as they may. */
export interface Watcher {
  readonly scope: Scope;
  readonly afterVersion: number;
  readonly signal: AbortSignal;
  /** Throws once the caller may not watch any more; asked before every look. */
  readonly confirm?: () => Promise<void>;
}

/** The longest time between two looks; jitter takes up to half of it away. */
const pollEveryMs = 2_000;
/** So old may be what a poll is content with: a change is seen within both. */
const pollAgeMs = 1_000;

/**
 * At most one state for each version, versions only rise, the terminal state last and once. A consumer
 * that is slow to ask for the next state gets the newest then.
 * It yields only states newer than `afterVersion`; when that was terminal, none.
 * @throws ServiceError resource_not_found, also when the job is deleted meanwhile;
 *   service_unavailable when the service stops first
 */
export async function* watchJob(
  { looks, feed, clock, random, telemetry, stopping }: WatchPorts,
  jobId: string,
  { scope, afterVersion, signal, confirm }: Watcher,
): AsyncGenerator<Job> {
  const wakeup = new Wakeup(clock);
  const wake = () => wakeup.wake();
  const unsubscribe = feed.onJob(jobId, wake);
  const look = looks.open(scope, jobId, wake);
  signal.addEventListener("abort", wake);
  const ended = telemetry.watching();
  try {
    let seen = afterVersion;
    let woken = true;
    while (!signal.aborted) {
      const job = await look.at(woken ? 0 : pollAgeMs);
      if (job === null) throw jobNotFound(jobId);
      if (job.version > seen) {
        seen = job.version;
        yield job;
      }
      if (isTerminal(job.status)) return;
      if (stopping.aborted) throw serviceStopping();
      woken = await wakeup.wait(jittered(random, pollEveryMs));
      await confirm?.();
    }
  } finally {
    unsubscribe();
    look.close();
    signal.removeEventListener("abort", wake);
    ended();
  }
}

/**
 * The job once it has ended, or as it was last seen when `signal` aborts, the service stops or the
 * database goes away.
 */
export async function waitForEnd(
  ports: WatchPorts,
  scope: Scope,
  job: Job,
  signal: AbortSignal,
): Promise<Job> {
  let latest = job;
  try {
    const watcher = { scope, afterVersion: job.version, signal };
    for await (const state of watchJob(ports, job.id, watcher)) latest = state;
  } catch (error) {
    if (!(error instanceof ServiceError) || error.kind !== "service_unavailable") throw error;
  }
  return latest;
}
