/**
 * The worker: claims jobs while it has room, runs each attempt, and hands all of them back when it stops.
 * Hints wake it; a poll with jitter makes it certain.
 */
import type { Lifecycle } from "../base/lifecycle.ts";
import { jittered } from "../base/random.ts";
import { Wakeup } from "../base/wakeup.ts";
import type { Engine } from "../generations/engine.ts";
import type { Claim } from "../generations/job.ts";
import type { ChangeFeed, JobStore } from "../generations/job-store.ts";
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
  #loop: Promise<void> = Promise.resolve();
  #presence: Promise<void> = Promise.resolve();
  #unsubscribe = () => {};

  constructor(ports: WorkerPorts, options: WorkerOptions) {
    this.#ports = ports;
    this.#options = options;
    this.#leases = new Leases(ports, options.leaseTimes);
    this.#sweeper = new Sweeper(ports, options.sweepEveryMs);
    this.#wakeup = new Wakeup(ports.clock);
  }

  async start(): Promise<void> {
    this.#unsubscribe = this.#ports.feed.onAny((change) => {
      if (change === null || change.mayBeWaiting) this.#wakeup.wake();
    });
    await this.#leases.start();
    await this.#sweeper.start();
    this.#presence = this.#announce();
    this.#loop = this.#run();
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
    let hinted = true;
    while (!signal.aborted) {
      const room = this.#options.concurrency - this.#running.size;
      const claimed = await this.#claim(room, hinted);
      const mayHaveMore = claimed > 0 && claimed < room;
      const waitMs = jittered(this.#ports.random, this.#options.pollEveryMs);
      hinted = mayHaveMore ? false : await this.#wakeup.wait(waitMs, signal);
    }
  }

  /** Says that this worker is there until it stops, so that people learn why a job waits. */
  async #announce(): Promise<void> {
    const { store, engines, clock, log } = this.#ports;
    const { owner, concurrency } = this.#options;
    const { signal } = this.#stopping;
    const worker = { owner, concurrency, engines: engines.map((each) => each.description.key) };
    const failed = (error: unknown) => log.warn({ err: error }, "presence was not noted");
    while (!signal.aborted) {
      await store.announce(worker).catch(failed);
      await clock.sleep(announceEveryMs, signal);
    }
    await store.withdraw(owner).catch(failed);
  }

  /** Claims up to `room` jobs and begins their attempts; how many. */
  async #claim(room: number, hinted: boolean): Promise<number> {
    const { store, engines, clock, log } = this.#ports;
    if (room <= 0) return 0;
    const keys = engines.map((engine) => engine.description.key);
    const claimedAt = clock.monotonicMs();
    try {
      const claims = await store.claim(this.#options.owner, keys, room, hinted);
      for (const claim of claims) this.#begin(claim, claimedAt);
      return claims.length;
    } catch (error) {
      log.warn({ err: error }, "claim failed");
      return 0;
    }
  }

  #begin(claim: Claim, claimedAt: number): void {
    const engine = this.#ports.engines.find(
      ({ description }) => description.key === claim.job.engine,
    );
    if (engine === undefined) throw new TypeError(`claimed a job of ${claim.job.engine}`);
    const held = this.#leases.hold(claim.lease, claimedAt);
    const attempt = execute(this.#ports, engine, claim, held).finally(() => {
      this.#leases.release(held);
      this.#running.delete(attempt);
      this.#wakeup.wake();
    });
    this.#running.add(attempt);
  }
}
