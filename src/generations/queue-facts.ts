/**
 * What people want to know of an active job: its place, what it waits for, and when it may be done.
 *
 * The estimate is a model, not a promise: a job takes as long for each second of music as recent jobs of its
 * engine did (their median, and their 90th percentile), and the work before it is done by as many jobs at a
 * time as the organization's share of the workers allows. Its instants are round, so that it says no more
 * than it knows, and whoever asks again soon gets the same answer.
 */
import type { Job } from "./job.ts";

export type WaitReason = "cap" | "no_worker" | "backoff" | "behind_others";

export interface Estimate {
  readonly p50: Date;
  readonly p90: Date;
}

export interface QueueFacts {
  /** From 1, among the queued jobs of the organization for the engine; null while it runs. */
  readonly position: number | null;
  readonly waitReason: WaitReason | null;
  readonly estimatedStart: Estimate | null;
  readonly estimatedEnd: Estimate | null;
}

/** What the store can see around a job. */
export interface Surroundings {
  /** By the database's clock. */
  readonly now: Date;
  /** Queued jobs of the organization for the engine that go first, and their seconds of music. */
  readonly ahead: { readonly jobs: number; readonly seconds: number };
  /** Running jobs of the organization, and the seconds of music that they still have to make. */
  readonly running: { readonly jobs: number; readonly seconds: number };
  readonly cap: number;
  /** Jobs that all workers with the engine can run at once; 0 when there is none. */
  readonly capacity: number;
  /** Organizations that have jobs waiting for the engine. */
  readonly organizations: number;
  /** Milliseconds of work for each second of music, of recent jobs; null while too few are known. */
  readonly pace: { readonly p50: number; readonly p90: number } | null;
}

/** @returns null for a job that has ended */
export function queueFactsOf(job: Job, around: Surroundings): QueueFacts | null {
  if (job.phase === "ended") return null;
  const isRunning = job.phase === "running";
  const left = job.request.durationSeconds * (1 - job.progress.percent / 100);
  const share = Math.min(around.cap, around.capacity / Math.max(1, around.organizations));
  const before = isRunning
    ? 0
    : (around.ahead.seconds + around.running.seconds) / Math.max(1, share);
  const canRun = around.pace !== null && around.capacity > 0;
  const free = around.running.jobs < share && around.ahead.jobs === 0;
  const start = isRunning || free ? 0 : before;
  return {
    position: isRunning ? null : around.ahead.jobs + 1,
    waitReason: isRunning ? null : waitReasonOf(job, around),
    estimatedStart: canRun && !isRunning ? estimate(around, start) : null,
    estimatedEnd: canRun || isRunning ? estimate(around, start + left) : null,
  };
}

function waitReasonOf(job: Job, { capacity, running, cap }: Surroundings): WaitReason {
  if (job.phase === "backoff") return "backoff";
  if (capacity === 0) return "no_worker";
  return running.jobs >= cap ? "cap" : "behind_others";
}

function estimate({ now, pace }: Surroundings, seconds: number): Estimate | null {
  if (pace === null) return null;
  const after = (msPerSecond: number) => roundUp(now.getTime(), seconds * msPerSecond);
  return { p50: after(pace.p50), p90: after(pace.p90) };
}

/** The steps of an estimate, in milliseconds, largest first. */
const steps = [3_600_000, 900_000, 300_000, 60_000, 15_000, 5_000];

/** The instant `ms` after `now`, up to a step that is at most a tenth of it, and at least a second. */
function roundUp(now: number, ms: number): Date {
  const step = steps.find((each) => each * 10 <= ms) ?? 1_000;
  return new Date(Math.ceil((now + ms) / step) * step);
}
