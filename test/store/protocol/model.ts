/**
 * The queue protocol as a pure model of a page: no database, no concurrency, no clock but what commands
 * say has passed. What a claim may choose is left open here where the protocol leaves it open (which
 * organization of those never served comes first); the rest is exact.
 */
import { type AttemptOutcome, historyLength } from "../../../src/generations/attempt.ts";
import { maxAttempts, type Phase, type Status } from "../../../src/generations/state.ts";

export interface ModelLease {
  readonly jobId: string;
  readonly token: string;
  readonly epoch: number;
}

export interface ModelJob {
  readonly id: string;
  readonly org: string;
  readonly engine: string;
  readonly key: string | null;
  readonly hash: string;
  /** Sorts as the creation does. */
  readonly rank: string;
  phase: Phase;
  status: Status;
  version: number;
  attempts: number;
  epoch: number;
  percent: number;
  cancelAsked: boolean;
  /** How its latest attempts ended. */
  outcomes: AttemptOutcome[];
  /** While running. */
  lease: ModelLease | null;
  /** The times of its document that have come. */
  readonly passed: Set<Time>;
}

/** What a job may wait for, or what limits it, as the document names it. */
export type Time = "lease.expiresAt" | "lease.deadlineAt" | "notBefore" | "deadlineAt";

/** Where a job must be for this time to mean anything. */
export const timed: Readonly<Record<Time, readonly Phase[]>> = {
  "lease.expiresAt": ["running"],
  "lease.deadlineAt": ["running"],
  notBefore: ["backoff"],
  deadlineAt: ["waiting", "backoff", "running"],
};

export type Sweep = "sweepLapsed" | "sweepDue" | "sweepExpired";

const sweeps: Readonly<Record<Sweep, { phases: readonly Phase[]; times: readonly Time[] }>> = {
  sweepLapsed: { phases: ["running"], times: ["lease.expiresAt", "lease.deadlineAt"] },
  sweepDue: { phases: ["backoff"], times: ["notBefore"] },
  sweepExpired: { phases: timed.deadlineAt, times: ["deadlineAt"] },
};

export type ExitKind = "succeed" | "fail" | "refuse" | "release" | "retry";

const exits: Readonly<Record<ExitKind, readonly [Phase, Status, AttemptOutcome]>> = {
  succeed: ["ended", "succeeded", "succeeded"],
  fail: ["ended", "failed", "failed"],
  refuse: ["ended", "refused", "refused"],
  release: ["waiting", "queued", "released"],
  retry: ["backoff", "queued", "failed"],
};

export class Model {
  readonly jobs: ModelJob[] = [];
  readonly caps = new Map<string, number>();
  /** Leases that are their job's no more. */
  readonly lost: ModelLease[] = [];
  /** Those of them that ended their attempt themselves. */
  readonly settled: ModelLease[] = [];

  constructor(caps: Readonly<Record<string, number>>) {
    for (const [org, cap] of Object.entries(caps)) this.caps.set(org, cap);
  }

  create(job: Pick<ModelJob, "id" | "org" | "engine" | "key" | "hash" | "rank">): void {
    const begin = {
      phase: "waiting",
      status: "queued",
      version: 1,
      attempts: 0,
      epoch: 0,
    } as const;
    const rest = { percent: 0, cancelAsked: false, lease: null, outcomes: [] };
    this.jobs.push({ ...job, ...begin, ...rest, passed: new Set<Time>() });
  }

  byKey(org: string, key: string): ModelJob | undefined {
    return this.jobs.find((job) => job.org === org && job.key === key);
  }

  in(...phases: readonly Phase[]): ModelJob[] {
    return this.jobs.filter(({ phase }) => phases.includes(phase));
  }

  /** For each organization the jobs that a claim may take now, the next one first. */
  claimable(engines: readonly string[]): Map<string, ModelJob[]> {
    const next = new Map<string, ModelJob[]>();
    for (const [org, cap] of this.caps) {
      const running = this.in("running").filter((job) => job.org === org).length;
      const mine = this.in("waiting")
        .filter((job) => job.org === org && engines.includes(job.engine))
        .sort((a, b) => (a.rank < b.rank ? -1 : 1));
      const free = mine.slice(0, Math.max(0, cap - running));
      if (free.length > 0) next.set(org, free);
    }
    return next;
  }

  claim(job: ModelJob, lease: ModelLease): void {
    this.#change(job, "running", "running");
    job.attempts += 1;
    job.epoch += 1;
    job.lease = lease;
  }

  heartbeat(job: ModelJob, percent: number | null): void {
    if (percent === null || job.passed.has("lease.expiresAt")) return;
    job.version += 1;
    job.percent = Math.max(job.percent, percent);
  }

  exit(job: ModelJob, kind: ExitKind): void {
    const spent = kind === "retry" && job.attempts >= maxAttempts;
    const [phase, status, outcome] = job.cancelAsked
      ? (["ended", "cancelled", "cancelled"] as const)
      : exits[spent ? "fail" : kind];
    if (job.lease !== null) this.settled.push(job.lease);
    if (kind === "release" && !job.cancelAsked) job.attempts -= 1;
    if (status === "succeeded") job.percent = 100;
    this.#leave(job, phase, status, outcome);
  }

  cancel(job: ModelJob): void {
    if (job.phase === "ended" || job.cancelAsked) return;
    job.cancelAsked = true;
    if (job.phase === "running") job.version += 1;
    else this.#leave(job, "ended", "cancelled");
  }

  /** What a look of this sweep finds. */
  found(sweep: Sweep): ModelJob[] {
    const { phases, times } = sweeps[sweep];
    return this.in(...phases).filter(({ passed }) => times.some((time) => passed.has(time)));
  }

  /** Changes those of the found that this sweep would still find; how many. */
  sweep(sweep: Sweep, found: readonly ModelJob[]): number {
    const still = this.found(sweep).filter((job) => found.includes(job));
    for (const job of still) {
      const spent = sweep === "sweepLapsed" && job.attempts >= maxAttempts;
      if (job.cancelAsked) this.#leave(job, "ended", "cancelled");
      else if (spent || sweep === "sweepExpired") this.#leave(job, "ended", "failed");
      else this.#leave(job, "waiting", "queued");
    }
    return still.length;
  }

  /** @param outcome of the attempt, when one runs; without it that of a sweep. */
  #leave(job: ModelJob, phase: Phase, status: Status, outcome?: AttemptOutcome): void {
    if (job.lease !== null) {
      this.lost.push(job.lease);
      const swept = job.cancelAsked ? "cancelled" : "failed";
      job.outcomes = [...job.outcomes, outcome ?? swept].slice(-historyLength);
    }
    job.lease = null;
    for (const time of ["lease.expiresAt", "lease.deadlineAt", "notBefore"] as const) {
      job.passed.delete(time);
    }
    this.#change(job, phase, status);
  }

  #change(job: ModelJob, phase: Phase, status: Status): void {
    job.phase = phase;
    job.status = status;
    job.version += 1;
  }
}
