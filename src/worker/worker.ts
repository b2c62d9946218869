/**
 * The worker: claims jobs while it has room, runs each attempt, and hands all of them back when it stops.
 * Hints wake it; a poll with jitter makes it certain.
 */
import type { Lifecycle } from "../base/lifecycle.ts";
import { jittered } from "../base/random.ts";
import { Wakeup } from "../base/wakeup.ts";
import type { Engine } from "../generations/engine.ts";
import type { Claim } from "../generations/job.ts";
import type { Change, ChangeFeed, JobStore } from "../generations/job-store.ts";
import { type ExecutionPorts, execute } from "./execution.ts";
import { Leases, type LeaseTimes } from "./leases.ts";
import { Sweeper } from "./sweeper.ts";

export interface WorkerPorts extends ExecutionPorts {
  readonly store: JobStore;
  readonly feed: ChangeFeed;
  readonly engines: readonly Engine[];
}

export interface WorkerOptions {
  /** Who this worker is, in leases and logs. */
  readonly owner: string;
  /** Attempts at the same time. */
  readonly concurrency: number;
  readonly leaseTimes: LeaseTimes;
  /** The longest wait between two looks, in milliseconds; jitter takes up to half of it away. */
  readonly pollEveryMs: number;
  readonly sweepEveryMs: number;
  /** How long a stop waits for attempts to reach a checkpoint, in milliseconds. */
  readonly drainMs: number;
}

/** Longer than a look takes that every call of the database lets wait, in milliseconds. */
const stuckAfterMs = 60_000;
/** How often a worker says that it is there, in milliseconds. */
const announceEveryMs = 5_000;

export class Worker implements Lifecycle {
  readonly #ports: WorkerPorts;
  readonly #options: WorkerOptions;
  readonly #leases: Leases;
  readonly #sweeper: Sweeper;
  readonly #wakeup: Wakeup;
  readonly #stopping = new AbortController();
  readonly #running = new Set<Promise<void>>();
  readonly #engineKeys: readonly string[];
  /** Organizations that got a job since the last claim. */
  readonly #newcomers = new Set<string>();
  /** Whether anything may have come of which it is not known whose it is. */
  #mustLook = true;
  #loop: Promise<void> = Promise.resolve();
  #presence: Promise<void> = Promise.resolve();
  #turnedAt = 0;
  #unsubscribe = () => {};

  constructor(ports: WorkerPorts, options: WorkerOptions) {
    this.#ports = ports;
    this.#options = options;
    this.#leases = new Leases(ports, options.leaseTimes);
    this.#sweeper = new Sweeper(ports, options.sweepEveryMs);
    this.#wakeup = new Wakeup(ports.clock);
    this.#engineKeys = ports.engines.map(({ description }) => description.key);
  }

  async start(): Promise<void> {
    this.#unsubscribe = this.#ports.feed.onAny((change) => this.#hear(change));
    await this.#leases.start();
    await this.#sweeper.start();
    this.#presence = this.#announce();
    this.#turnedAt = this.#ports.clock.monotonicMs();
    this.#loop = this.#run();
  }

  /** @throws Error when the loop that claims has not come round for so long that it must be stuck. */
  async checkLoop(): Promise<void> {
    const idleMs = this.#ports.clock.monotonicMs() - this.#turnedAt;
    if (idleMs > stuckAfterMs) throw new Error(`no look for jobs for ${Math.round(idleMs)} ms`);
  }

  /** Claims no more at once, lets attempts stop at their checkpoints and hand back, within `drainMs`. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#unsubscribe();
    await this.#loop;
    this.#leases.abortAll("ShuttingDown");
    const bound = new AbortController();
    await Promise.race([
      Promise.allSettled(this.#running),
      this.#ports.clock.sleep(this.#options.drainMs, bound.signal),
    ]);
    bound.abort();
    if (this.#running.size > 0) {
      this.#ports.log.warn({ attempts: this.#running.size }, "attempts did not stop in time");
    }
    await this.#sweeper.stop();
    await this.#leases.stop();
    await this.#presence;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      this.#turnedAt = this.#ports.clock.monotonicMs();
      const room = this.#options.concurrency - this.#running.size;
      const claimed = await this.#claim(room);
      if (claimed > 0 && claimed < room) continue;
      await this.#wakeup.wait(jittered(this.#ports.random, this.#options.pollEveryMs), signal);
    }
  }

  /** A new job says whose it is; one that waits again does not; one that leaves `running` frees a slot. */
  #hear(change: Change | null): void {
    if (change?.phase === "running") return;
    if (change?.created) {
      if (!this.#engineKeys.includes(change.created.engine)) return;
      this.#newcomers.add(change.created.organizationId);
    } else if (change === null || change.phase === "waiting") this.#mustLook = true;
    else if (change.phase === null) return;
    this.#wakeup.wake();
  }

  /** Says that this worker is there until it stops, so that people learn why a job waits. */
  async #announce(): Promise<void> {
    const { store, clock, log } = this.#ports;
    const { owner, concurrency } = this.#options;
    const { signal } = this.#stopping;
    const worker = { owner, concurrency, engines: this.#engineKeys };
    const failed = (error: unknown) => log.warn({ err: error }, "presence was not noted");
    while (!signal.aborted) {
      await store.announce(worker).catch(failed);
      await clock.sleep(announceEveryMs, signal);
    }
    await store.withdraw(owner).catch(failed);
  }

  /** Claims up to `room` jobs and begins their attempts; how many. */
  async #claim(room: number): Promise<number> {
    const { store, log } = this.#ports;
    if (room <= 0) return 0;
    const { owner } = this.#options;
    const mustLook = this.#mustLook;
    const newcomers = [...this.#newcomers];
    this.#mustLook = false;
    this.#newcomers.clear();
    try {
      const claims = await store.claim(owner, this.#engineKeys, room, mustLook, newcomers);
      for (const claim of claims) this.#begin(claim);
      return claims.length;
    } catch (error) {
      this.#mustLook = true;
      log.warn({ err: error }, "claim failed");
      return 0;
    }
  }

  #begin(claim: Claim): void {
    const engine = this.#ports.engines.find(
      ({ description }) => description.key === claim.job.engine,
    );
    if (engine === undefined) throw new TypeError(`claimed a job of ${claim.job.engine}`);
    const held = this.#leases.hold(claim.lease, claim.sentAtMs);
    const attempt = execute(this.#ports, engine, claim, held).finally(() => {
      this.#leases.release(held);
      this.#running.delete(attempt);
      this.#wakeup.wake();
    });
    this.#running.add(attempt);
  }
}
