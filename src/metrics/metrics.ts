/**
 * The metrics for Prometheus, all of them on this page. Names follow its conventions (base units, `_total`
 * for counters: https://prometheus.io/docs/practices/naming/). No label names a tenant, a user or a job, so
 * that their number is bounded and nothing of theirs is told.
 */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { Job } from "../generations/job.ts";
import type { QueueDepth, Telemetry } from "../generations/telemetry.ts";

export interface Metrics extends Omit<Telemetry, "tracer"> {
  /** The text of a scrape. */
  text(): Promise<string>;
  readonly contentType: string;
}

const quick = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const slow = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1_800, 3_600, 14_400];

/** @param depths looks at the queue; asked at each scrape. */
export function createMetrics(depths: () => Promise<readonly QueueDepth[]>): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const calls = new Histogram({
    name: "music_call_duration_seconds",
    help: "Calls that ended, by face, method (unknown on REST where a path has none) and the code of the error table (OK without an error).",
    labelNames: ["face", "method", "code"],
    buckets: quick,
    registers,
  });
  const attempts = new Counter({
    name: "music_attempts_total",
    help: "Attempts that ended, by engine, outcome and kind of failure (none without one).",
    labelNames: ["engine", "outcome", "failure"],
    registers,
  });
  const jobs = new Counter({
    name: "music_jobs_ended_total",
    help: "Jobs that a worker of this process ended, by engine and status.",
    labelNames: ["engine", "status"],
    registers,
  });
  const wait = new Histogram({
    name: "music_job_wait_seconds",
    help: "From a job's creation to its first attempt.",
    labelNames: ["engine"],
    buckets: slow,
    registers,
  });
  const run = new Histogram({
    name: "music_attempt_duration_seconds",
    help: "How long attempts took, by engine and outcome.",
    labelNames: ["engine", "outcome"],
    buckets: slow,
    registers,
  });
  const cancel = new Histogram({
    name: "music_cancel_to_stop_seconds",
    help: "From a cancel of a running job to its end.",
    labelNames: ["engine"],
    buckets: quick,
    registers,
  });
  const speed = new Histogram({
    name: "music_real_time_factor",
    help: "Seconds of music for each second of an attempt that succeeded.",
    labelNames: ["engine"],
    buckets: [0.1, 0.25, 0.5, 1, 2, 5, 10, 15, 20, 25, 30, 50, 100],
    registers,
  });
  const leases = new Counter({
    name: "music_leases_lost_total",
    help: "Attempts that stopped because their lease was lost, by engine.",
    labelNames: ["engine"],
    registers,
  });
  const feed = new Counter({
    name: "music_change_feed_reopened_total",
    help: "How often the change feed was lost and opened again.",
    registers,
  });
  const watchers = new Gauge({
    name: "music_watchers",
    help: "Streams that watch a job now.",
    registers,
  });
  const depth = new Gauge({
    name: "music_jobs",
    help: "Active jobs of the whole service, by engine and phase (waiting, backoff, running).",
    labelNames: ["engine", "phase"],
    registers,
  });
  const oldest = new Gauge({
    name: "music_oldest_job_seconds",
    help: "The age of the oldest active job, by engine and phase.",
    labelNames: ["engine", "phase"],
    registers,
  });
  const attemptEnded = (job: Job) => {
    const { engine, status, history, startedAt, createdAt, endedAt } = job;
    const last = history.at(-1);
    if (last === undefined) return;
    const { outcome, failure } = last;
    const seconds = secondsBetween(last.startedAt, last.endedAt);
    attempts.inc({ engine, outcome, failure: failure?.kind ?? "none" });
    run.observe({ engine, outcome }, seconds);
    if (history.length === 1 && startedAt) {
      wait.observe({ engine }, secondsBetween(createdAt, startedAt));
    }
    if (endedAt === null) return;
    jobs.inc({ engine, status });
    if (status === "succeeded" && seconds > 0) {
      speed.observe({ engine }, (job.track?.measuredDurationSeconds ?? 0) / seconds);
    }
    if (status === "cancelled" && job.cancel) {
      cancel.observe({ engine }, secondsBetween(job.cancel.requestedAt, endedAt));
    }
  };
  return {
    contentType: registry.contentType,
    async text() {
      depth.reset();
      oldest.reset();
      // A scrape while the database is away still tells all the rest.
      for (const { engine, phase, ...found } of await depths().catch(() => [])) {
        depth.set({ engine, phase }, found.jobs);
        oldest.set({ engine, phase }, found.oldestSeconds);
      }
      return registry.metrics();
    },
    callEnded: ({ face, method, code, seconds }) => calls.observe({ face, method, code }, seconds),
    attemptEnded,
    leaseLost: (engine) => leases.inc({ engine }),
    feedReopened: () => feed.inc(),
    watching: () => {
      watchers.inc();
      return () => watchers.dec();
    },
  };
}

function secondsBetween(from: Date, to: Date): number {
  return Math.max(0, (to.getTime() - from.getTime()) / 1000);
}
