/**
 * One attempt at a job, after its end: how it ended, and why it failed. Every kind of failure stands in one
 * table, which decides whether another attempt may help.
 */

interface AttemptFailureEntry {
  /** Whether another attempt may help. */
  readonly transient: boolean;
  /** For a user, where nothing more exact is known. */
  readonly message: string;
}

export const attemptFailures = {
  /** The engine says that it cannot make this, now or later. */
  engine: { transient: false, message: "The engine could not make this track." },
  /** The engine says that it may work the next time. */
  engine_transient: { transient: true, message: "The engine could not finish the track." },
  /** Nobody foresaw it. */
  unexpected: { transient: true, message: "The generation failed unexpectedly." },
  /** The workspace could not be made, or the finished track not be stored. */
  storage: { transient: true, message: "The track could not be stored." },
  /** The policy could not be asked. */
  policy_unavailable: { transient: true, message: "The request could not be checked." },
  /** The track to continue was there when the job was created. */
  seed_track: {
    transient: false,
    message: "The track to continue from is not there any more.",
  },
  /** The worker was lost: it crashed, or could not reach the database in time. */
  lease_expired: { transient: true, message: "The worker was lost." },
  /** The worker lived, and the engine did not come to an end. */
  attempt_timeout: { transient: true, message: "The attempt took too long." },
  /** The time of the whole job was up. */
  deadline: {
    transient: false,
    message: "The generation could not be finished in time and was given up. Please try again.",
  },
} as const satisfies Record<string, AttemptFailureEntry>;

export type AttemptFailureKind = keyof typeof attemptFailures;
export type TransientFailureKind = {
  [K in AttemptFailureKind]: (typeof attemptFailures)[K]["transient"] extends true ? K : never;
}[AttemptFailureKind];

export interface AttemptFailure<Kind extends AttemptFailureKind = AttemptFailureKind> {
  readonly kind: Kind;
  /** Safe to show a user. */
  readonly message: string;
}

/** `failed` counts against the bound on attempts; `released` does not. */
export type AttemptOutcome = "succeeded" | "failed" | "refused" | "released" | "cancelled";

export interface EndedAttempt {
  /** Which claim of the job it was, from 1. */
  readonly epoch: number;
  readonly startedAt: Date;
  readonly endedAt: Date;
  readonly outcome: AttemptOutcome;
  /** Present when it failed. */
  readonly failure: AttemptFailure | null;
}

/** Attempts that a job remembers, the latest ones. */
export const historyLength = 10;
