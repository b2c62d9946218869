/**
 * The leases that this worker holds: heartbeats for all of them share a round trip and carry progress up
 * and cancel requests down.
 *
 * The database's clock decides when a lease ends. The worker trusts one only until the last heartbeat that
 * was acknowledged was *sent*, plus its time to live, minus a margin (the idea is River's
 * `leadership/elector`): then it gives up by itself, before anyone else can have the job.
 */
import type { Clock } from "../base/clock.ts";
import type { Lifecycle } from "../base/lifecycle.ts";
import type { Log } from "../base/log.ts";
import { Wakeup } from "../base/wakeup.ts";
import { type AbortKind, AbortReason } from "../generations/abort.ts";
import type { Lease } from "../generations/job.ts";
import type { ChangeFeed, Heartbeat, JobStore, Progress } from "../generations/job-store.ts";

export interface LeaseTimes {
  /** How long a lease lasts without a heartbeat, in milliseconds. */
  readonly ttlMs: number;
  /** How often it is renewed. */
  readonly renewEveryMs: number;
  /** How long one attempt may take, however well its lease is kept. */
  readonly attemptMs: number;
  /** How much earlier than the database the worker gives up. */
  readonly marginMs: number;
  /** How often progress is written, at most. */
  readonly progressEveryMs: number;
}

export const defaultLeaseTimes: Omit<LeaseTimes, "attemptMs"> = {
  ttlMs: 15_000,
  renewEveryMs: 3_000,
  marginMs: 2_000,
  progressEveryMs: 250,
};

/** One lease while its attempt runs. */
export class HeldLease {
  readonly lease: Lease;
  readonly #abort = new AbortController();
  readonly #clock: Clock;
  /** Monotonic milliseconds. */
  trustedUntil: number;
  /** Monotonic milliseconds. */
  readonly deadlineAt: number;
  renewedAt: number;
  /** What no heartbeat has told yet. */
  pending: Progress | null = null;
  #cancelObservedAt: number | null = null;

  /** @param claimedAt when the call that made the lease was sent, in monotonic milliseconds. */
  constructor(lease: Lease, clock: Clock, claimedAt: number, times: LeaseTimes) {
    this.lease = lease;
    this.#clock = clock;
    this.renewedAt = claimedAt;
    this.trustedUntil = claimedAt + times.ttlMs - times.marginMs;
    this.deadlineAt = claimedAt + times.attemptMs - times.marginMs;
  }

  /** Aborts with the first `AbortReason`; later ones change nothing. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** How long ago the worker saw a cancel request, in milliseconds; null when it did not. */
  get cancelObservedMsAgo(): number | null {
    if (this.#cancelObservedAt === null) return null;
    return this.#clock.monotonicMs() - this.#cancelObservedAt;
  }

  /** Whether the worker gave it up; it must not be renewed then, or nobody else could have the job. */
  get isLost(): boolean {
    return this.signal.reason instanceof AbortReason && this.signal.reason.kind === "LeaseLost";
  }

  /** Has the next heartbeat tell this, and what it does not say anew of what came before. */
  report(progress: Progress): void {
    this.pending = { ...this.pending, ...progress };
  }

  abort(kind: AbortKind): void {
    if (kind === "CancelRequested") this.#cancelObservedAt ??= this.#clock.monotonicMs();
    this.#abort.abort(new AbortReason(kind));
  }
}

type Store = Pick<JobStore, "heartbeat">;

export class Leases implements Lifecycle {
  readonly #held = new Map<string, HeldLease>();
  readonly #store: Store;
  readonly #feed: ChangeFeed;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #times: LeaseTimes;
  readonly #stopping = new AbortController();
  readonly #wakeup: Wakeup;
  #urgent = false;
  #loops: Promise<unknown> = Promise.resolve();
  #unsubscribe = () => {};

  constructor(
    ports: {
      readonly store: Store;
      readonly feed: ChangeFeed;
      readonly clock: Clock;
      readonly log: Log;
    },
    times: LeaseTimes,
  ) {
    this.#store = ports.store;
    this.#feed = ports.feed;
    this.#clock = ports.clock;
    this.#log = ports.log;
    this.#times = times;
    this.#wakeup = new Wakeup(ports.clock);
  }

  async start(): Promise<void> {
    this.#unsubscribe = this.#feed.onAny((change) => {
      if (change?.isCancelRequested) this.#held.get(change.jobId)?.abort("CancelRequested");
      if (change !== null) return;
      this.#urgent = true;
      this.#wakeup.wake();
    });
    this.#loops = Promise.all([this.#beatLoop(), this.#trustLoop()]);
  }

  async stop(): Promise<void> {
    this.#unsubscribe();
    this.#stopping.abort();
    await this.#loops;
  }

  /** Begins to keep a lease that was made by a call sent at `claimedAt` (monotonic milliseconds). */
  hold(lease: Lease, claimedAt: number): HeldLease {
    const held = new HeldLease(lease, this.#clock, claimedAt, this.#times);
    this.#held.set(lease.jobId, held);
    return held;
  }

  /** Ends keeping it; what is left of its progress is dropped. */
  release(held: HeldLease): void {
    if (this.#held.get(held.lease.jobId) === held) this.#held.delete(held.lease.jobId);
  }

  /** Aborts every attempt. */
  abortAll(kind: AbortKind): void {
    for (const held of this.#held.values()) held.abort(kind);
  }

  async #beatLoop(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await this.#beat();
      await this.#wakeup.wait(this.#times.progressEveryMs, signal);
    }
  }

  /** Gives up what is not trusted any more or takes too long, also while a heartbeat hangs. */
  async #trustLoop(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const now = this.#clock.monotonicMs();
      for (const held of this.#held.values()) {
        if (now >= held.trustedUntil) held.abort("LeaseLost");
        else if (now >= held.deadlineAt) held.abort("DeadlineExceeded");
      }
      await this.#clock.sleep(this.#times.progressEveryMs, signal);
    }
  }

  async #beat(): Promise<void> {
    const sentAt = this.#clock.monotonicMs();
    const due = this.#due(sentAt);
    if (due.length === 0) return;
    const beats = due.map((held): Heartbeat => ({ lease: held.lease, progress: held.pending }));
    for (const held of due) held.pending = null;
    try {
      this.#apply(due, sentAt, await this.#store.heartbeat(beats));
    } catch (error) {
      // What was not written goes with the next heartbeat, unless there is newer.
      due.forEach((held, index) => {
        const untold = beats[index]?.progress;
        if (untold) held.report({ ...untold, ...held.pending });
      });
      this.#log.warn({ err: error, leases: due.length }, "heartbeat failed");
    }
  }

  #due(now: number): HeldLease[] {
    const all = this.#urgent;
    this.#urgent = false;
    return [...this.#held.values()].filter(
      (held) =>
        !held.isLost &&
        (all || held.pending !== null || now - held.renewedAt >= this.#times.renewEveryMs),
    );
  }

  #apply(
    due: readonly HeldLease[],
    sentAt: number,
    results: Awaited<ReturnType<Store["heartbeat"]>>,
  ): void {
    const byJob = new Map(results.map((result) => [result.jobId, result]));
    for (const held of due) {
      const result = byJob.get(held.lease.jobId);
      if (result === undefined) {
        held.abort("LeaseLost");
        continue;
      }
      held.renewedAt = sentAt;
      held.trustedUntil = sentAt + this.#times.ttlMs - this.#times.marginMs;
      if (result.cancelRequested) held.abort("CancelRequested");
    }
  }
}
