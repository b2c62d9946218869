/** How an attempt that made nothing ends: by why it was stopped, or by what failed. */
import type { Random } from "../base/random.ts";
import { abortReasonOf } from "../generations/abort.ts";
import {
  type AttemptFailure,
  attemptFailures,
  type TransientFailureKind,
} from "../generations/attempt.ts";
import { type EngineCheckpoint, EngineError } from "../generations/engine.ts";
import type { Exit } from "../generations/job-store.ts";
import { StorageError } from "./publication.ts";
import { SeedTrackGone } from "./seed-track.ts";

/** How long the first retry waits; each further one four times as long, with jitter. */
const firstRetryMs = 1_000;

/** What the time of a retry depends on. */
export interface Pace {
  /** Started so far, this one included. */
  readonly attempts: number;
  readonly random: Random;
}

/** Whether the request may be served could not be found out. */
export class PolicyError extends Error {}

/** The exit of an attempt that `signal` stopped; null when its lease is lost, so that it writes nothing. */
export function exitOfStop(
  signal: AbortSignal,
  checkpoint: EngineCheckpoint | null,
  pace: Pace,
): Exit | null {
  switch (abortReasonOf(signal).kind) {
    case "LeaseLost":
      return null;
    case "DeadlineExceeded":
      return retry("attempt_timeout", pace);
    // The cancel rule turns the hand-back of a job that is asked to stop into `cancelled`.
    case "CancelRequested":
    case "ShuttingDown":
      return { kind: "release", checkpoint };
  }
}

export function exitOfError(error: unknown, pace: Pace): Exit {
  if (error instanceof EngineError) {
    const message = error.publicMessage;
    if (error.retryable) return retryOf({ kind: "engine_transient", message }, pace);
    return { kind: "fail", failure: { kind: "engine", message } };
  }
  if (error instanceof SeedTrackGone) {
    const kind = "seed_track";
    return { kind: "fail", failure: { kind, message: attemptFailures[kind].message } };
  }
  if (error instanceof PolicyError) return retry("policy_unavailable", pace);
  return retry(error instanceof StorageError ? "storage" : "unexpected", pace);
}

function retry(kind: TransientFailureKind, pace: Pace): Exit {
  return retryOf({ kind, message: attemptFailures[kind].message }, pace);
}

/** Exponential backoff with jitter; the store ends the job instead when no attempt is left. */
function retryOf(failure: AttemptFailure<TransientFailureKind>, { attempts, random }: Pace): Exit {
  const backoffMs = firstRetryMs * 4 ** Math.max(0, attempts - 1);
  return { kind: "retry", failure, delayMs: backoffMs * (0.5 + random.uniform()) };
}
