/** When it is worth asking for an active job again: what `Retry-After` says (RFC 9110, 10.2.3). */
import type { Job } from "../generations/job.ts";
import type { QueueFacts } from "../generations/queue-facts.ts";
import { isTerminal } from "../generations/state.ts";

/** While nothing is known of the job's speed, in seconds. */
const unknownSeconds = 2;
/** An estimate may be wrong, and a job before this one may be cancelled; in seconds. */
const mostSeconds = 60;

/**
 * Whole seconds, 1 to 60, until the job has probably ended: by the estimate, or by its own progress so
 * far where there is none. Null for a job that has ended.
 */
export function retryAfterSeconds(job: Job, facts: QueueFacts | null, now: Date): number | null {
  if (isTerminal(job.status)) return null;
  if (job.cancel !== null) return 1;
  const estimated = facts?.estimatedEnd?.p50;
  const ms = estimated ? estimated.getTime() - now.getTime() : msByProgress(job, now);
  const seconds = ms === null ? unknownSeconds : Math.ceil(ms / 1000);
  return Math.min(mostSeconds, Math.max(1, seconds));
}

function msByProgress({ phase, progress, startedAt }: Job, now: Date): number | null {
  if (phase !== "running" || startedAt === null || progress.percent <= 0) return null;
  const soFar = now.getTime() - startedAt.getTime();
  return (soFar * (100 - progress.percent)) / progress.percent;
}
