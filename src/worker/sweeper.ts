/**
 * The sweeper: returns jobs whose lease ran out or whose backoff is over, ends those whose deadline passed,
 * and removes workspaces of jobs that have ended. Any number of sweepers may run; each write is guarded.
 */
import type { Clock } from "../base/clock.ts";
import type { Lifecycle } from "../base/lifecycle.ts";
import type { Log } from "../base/log.ts";
import { jittered, type Random } from "../base/random.ts";
import type { JobStore } from "../generations/job-store.ts";
import type { Workspaces } from "./workspaces.ts";

export interface SweeperPorts {
  readonly store: Pick<JobStore, "sweepLapsed" | "sweepDue" | "sweepExpired" | "endedAmong">;
  readonly workspaces: Workspaces;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

export class Sweeper implements Lifecycle {
  readonly #ports: SweeperPorts;
  readonly #everyMs: number;
  readonly #stopping = new AbortController();
  #loop: Promise<void> = Promise.resolve();

  /** @param everyMs the longest time between two sweeps; jitter takes up to half of it away. */
  constructor(ports: SweeperPorts, everyMs: number) {
    this.#ports = ports;
    this.#everyMs = everyMs;
  }

  async start(): Promise<void> {
    this.#loop = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#loop;
  }

  /** One sweep; never throws, since the next one tries again. */
  async sweep(): Promise<void> {
    const { store, log } = this.#ports;
    try {
      const lapsed = await store.sweepLapsed();
      if (lapsed > 0) log.warn({ jobs: lapsed }, "leases ran out");
      await store.sweepDue();
      const expired = await store.sweepExpired();
      if (expired > 0) log.warn({ jobs: expired }, "jobs took too long");
    } catch (error) {
      log.warn({ err: error }, "sweep failed");
    }
  }

  async #run(): Promise<void> {
    const { clock, random } = this.#ports;
    const { signal } = this.#stopping;
    await this.#removeWorkspaces();
    while (!signal.aborted) {
      await this.sweep();
      await clock.sleep(jittered(random, this.#everyMs), signal);
    }
  }

  /** What a crash left behind, at start. */
  async #removeWorkspaces(): Promise<void> {
    const { store, workspaces, log } = this.#ports;
    try {
      const found = await workspaces.jobIds();
      for (const jobId of await store.endedAmong(found)) await workspaces.remove(jobId);
    } catch (error) {
      log.warn({ err: error }, "old workspaces were not removed");
    }
  }
}
