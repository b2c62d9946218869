/**
 * The job store port: everything that api and worker say to the database. Each method that changes a job
 * is one guarded update of the state machine (`state.ts`); one that changes nothing says so by null or
 * false, never by an error. A method with `bounds` may end by their signal's reason, or deadline_exceeded; a
 * change that was made by then stays made.
 */
import type { AttemptFailure, TransientFailureKind } from "./attempt.ts";
import type { CallBounds } from "./call-bounds.ts";
import type { EngineCheckpoint, EngineProgress, GenerationRequest } from "./engine.ts";
import type { Interpretation } from "./interpretation.ts";
import type { Claim, Job, Lease, Scope, Segment, Track } from "./job.ts";
import type { Priority } from "./priority.ts";
import type { QueueFacts } from "./queue-facts.ts";
import type { Phase, Status, TerminalStatus } from "./state.ts";

export interface NewJob extends Scope {
  readonly id: string;
  readonly engine: string;
  readonly request: GenerationRequest;
  readonly seed: number;
  readonly priority: Priority;
  /** W3C Trace Context: what the job's trace leads on from. */
  readonly traceparent: string | null;
  /** `hash` is of the request that came with the key. */
  readonly idempotency: { readonly key: string; readonly hash: string } | null;
}

export interface JobFilter {
  readonly status: Status | null;
  readonly limit: number;
  readonly offset: number;
  /** Only jobs that come after this one, newest first. */
  readonly after: { readonly createdAt: Date; readonly id: string } | null;
}

/** How an attempt ends. The cancel rule is the store's: any of these may end in `cancelled`. */
export type Exit =
  | {
      readonly kind: "succeed";
      readonly track: Omit<Track, "createdAt">;
      /** What no heartbeat may have told yet; without it, the job keeps what it has. */
      readonly interpretation?: Interpretation;
      /** The same of all segments. */
      readonly segments?: readonly Segment[];
    }
  /** For good. */
  | { readonly kind: "fail"; readonly failure: AttemptFailure }
  | { readonly kind: "refuse"; readonly reason: string }
  | { readonly kind: "release"; readonly checkpoint: EngineCheckpoint | null }
  /** Once more after `delayMs` milliseconds, or the end when no attempt is left. */
  | {
      readonly kind: "retry";
      readonly delayMs: number;
      readonly failure: AttemptFailure<TransientFailureKind>;
    };

/** What the worker knows of the cancel when it exits. */
export interface CancelReceipt {
  /** How long ago the worker saw that it was asked to stop, in milliseconds. */
  readonly observedMsAgo: number;
  /** The safe checkpoint where it stopped. */
  readonly checkpoint: string;
}

export interface Heartbeat {
  readonly lease: Lease;
  /** What is new since the last one, if anything. */
  readonly progress: Progress | null;
}

export interface Progress extends EngineProgress {
  /** All that there are, when there is one more. */
  readonly segments?: readonly Segment[];
}

/** What a heartbeat found. A lease that is not in the answer is lost. */
export interface HeartbeatResult {
  readonly jobId: string;
  readonly cancelRequested: boolean;
}

/** A worker process, as it says of itself. */
export interface WorkerPresence {
  readonly owner: string;
  readonly engines: readonly string[];
  readonly concurrency: number;
}

/** How long a job is kept after its end, by its state. */
export type Retention = Readonly<Record<TerminalStatus, number | null>>;

export interface JobStore {
  /**
   * Durable (majority, journaled) when it resolves. With an idempotency key that came before, returns
   * that job and creates nothing.
   * @throws ServiceError idempotency_key_reused when the key came with another request.
   */
  create(job: NewJob, bounds?: CallBounds): Promise<Job>;
  /**
   * The job that this one would only repeat, by its idempotency key; null for a new one.
   * @throws ServiceError as `create`
   */
  findRepeat(job: NewJob, bounds?: CallBounds): Promise<Job | null>;
  get(scope: Scope, jobId: string, bounds?: CallBounds): Promise<Job | null>;
  list(scope: Scope, filter: JobFilter, bounds?: CallBounds): Promise<Job[]>;
  /** The job that made this track. */
  findByTrack(scope: Scope, trackId: string, bounds?: CallBounds): Promise<Job | null>;
  /** Asks for a stop and returns the job as it then is; a job that ended is returned unchanged. */
  requestCancel(scope: Scope, jobId: string, bounds?: CallBounds): Promise<Job | null>;

  /**
   * Deletes a job that has ended; its idempotency key stays taken for 24 hours from its creation.
   * @returns the names of the artifacts that nothing names any more
   * @throws ServiceError resource_not_found or job_active
   */
  deleteEnded(scope: Scope, jobId: string, bounds?: CallBounds): Promise<string[]>;
  /**
   * Takes the track off its job.
   * @returns as `deleteEnded`
   * @throws ServiceError resource_not_found
   */
  deleteTrack(scope: Scope, trackId: string, bounds?: CallBounds): Promise<string[]>;
  /**
   * Deletes jobs that ended longer ago than their state is kept, and forgets idempotency keys of deleted
   * jobs in time.
   * @param keepMs for each terminal state in milliseconds; null keeps for ever
   * @returns the names of the artifacts that nothing names any more
   */
  sweepRetention(keepMs: Retention): Promise<string[]>;
  /** Which of these artifacts a job names. */
  namedAmong(artifacts: readonly string[]): Promise<string[]>;

  /** Place, reason and estimate of an active job; null for one that has ended. */
  queueFacts(job: Job, bounds?: CallBounds): Promise<QueueFacts | null>;
  /** Says that a worker is there; to be repeated every few seconds. */
  announce(worker: WorkerPresence): Promise<void>;
  /** Says that it is not any more. */
  withdraw(owner: string): Promise<void>;

  /**
   * Takes up to `room` waiting jobs for `owner`, one organization after the other, each within its cap. It
   * may leave some of many for the next call.
   * @param engines the keys of the engines that this worker has.
   * @param hinted whether anything may have come since the last call; without a hint the store may
   * rely for a second on what it saw then.
   * @param newcomers organizations that got a job since the last call, as hints tell; they take part
   * without a look at all the others.
   */
  claim(
    owner: string,
    engines: readonly string[],
    room: number,
    hinted: boolean,
    newcomers?: readonly string[],
  ): Promise<Claim[]>;
  /** Extends leases that have not run out, each of another job, and writes progress, together. */
  heartbeat(beats: readonly Heartbeat[]): Promise<HeartbeatResult[]>;
  /**
   * Ends an attempt; calls that come together share a round trip. A repeat, because the answer was lost,
   * changes nothing.
   * @returns the job after this attempt's end, or null when its lease was lost before
   */
  exit(lease: Lease, exit: Exit, receipt: CancelReceipt | null): Promise<Job | null>;
  /** Returns jobs whose lease, or whose attempt's time, ran out to the queue, or ends them; how many. */
  sweepLapsed(): Promise<number>;
  /** Returns jobs whose backoff is over to the queue; how many. */
  sweepDue(): Promise<number>;
  /** Ends active jobs whose deadline passed; how many. */
  sweepExpired(): Promise<number>;
  /** Which of these jobs have ended or do not exist. */
  endedAmong(jobIds: readonly string[]): Promise<string[]>;
}

/** A hint that something changed; it may be missing, late or doubled. Polling is the truth. */
export interface Change {
  readonly jobId: string;
  /** The phase that it is in now, where it changed. */
  readonly phase: Phase | null;
  /** Whose the job is, when it is new. */
  readonly created: { readonly organizationId: string; readonly engine: string } | null;
  /** A cancel was asked for, which is never taken back. */
  readonly isCancelRequested: boolean;
}

export interface ChangeFeed {
  /** Calls `listener` on every hint about this job, and on a gap in the feed. Returns how to stop. */
  onJob(jobId: string, listener: () => void): () => void;
  /** Calls `listener` on every hint; with null on a gap, when anything may have changed. */
  onAny(listener: (change: Change | null) => void): () => void;
}
