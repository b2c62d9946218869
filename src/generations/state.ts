/**
 * The state machine of a job, on one page.
 *
 * ```
 *   create ─► waiting ──claim──► running ──succeed / fail / refuse──► ended
 *                ▲  ▲              │ │ │
 *                │  └──release─────┘ │ └── any exit while a cancel is asked for ─► ended (cancelled)
 *                │     or lapse      │
 *               due                retry
 *                └──── backoff ◄─────┘          cancel of waiting or backoff ─► ended (cancelled)
 *
 *   any of the three, once the job's deadline has passed ──expire──► ended (failed)
 * ```
 *
 * `status` is what callers see; `phase` is what the queue needs to tell apart (waiting and backing off
 * are both `queued`). `src/store` compiles each transition to one guarded update: the guard is the row's
 * `from`, and for a running job the lease's token and the epoch as well. The database's clock times them.
 *
 * Three rules hold in every row:
 * - A terminal state absorbs: no row leaves `ended`.
 * - Every exit from `running` while a cancel is asked for goes to `cancelled`, whoever performs it. Only
 *   a terminal state that was committed before the cancel wins over it.
 * - Only a running job has a slot and a lease; every exit drops both.
 *
 * A cancel against everything else. Whoever's update comes first decides, and nothing in between exists:
 * `test/store/protocol/race-table.ts` plays every interleaving of each row.
 *
 * | meets | cancel first | the other first |
 * | --- | --- | --- |
 * | claim | cancelled; nothing is claimed | marked; the next exit cancels |
 * | succeed | marked; the exit cancels | succeeded, and the answer says so |
 * | fail, refuse | marked; the exit cancels | failed or refused, and the answer says so |
 * | retry, release | marked; the exit cancels | queued, so it is cancelled at once |
 * | lapse | marked; the lapse cancels | queued, so it is cancelled at once; after the last attempt failed |
 * | expire, running | marked; the deadline cancels | failed, and the answer says so |
 * | expire, queued | cancelled | failed, and the answer says so |
 * | due | cancelled; due finds nothing | waiting, so it is cancelled at once |
 * | heartbeat | the heartbeat is told to stop | the next one is told to stop |
 * | a second cancel | changes nothing and makes no version | the same |
 */

export const statuses = [
  "queued",
  "running",
  "succeeded",
  "failed",
  "cancelled",
  "refused",
] as const;
export type Status = (typeof statuses)[number];

export type TerminalStatus = Exclude<Status, "queued" | "running">;

export const phases = ["waiting", "backoff", "running", "ended"] as const;
export type Phase = (typeof phases)[number];
/** Those of a job that still has to end. */
export const active: readonly Phase[] = ["waiting", "backoff", "running"];

/** What an attempt at a running job can end in; the cancel rule may turn each into `cancelled`. */
export const transitions = {
  claim: { from: ["waiting"], phase: "running", status: "running" },
  /** The attempt made the track. */
  succeed: { from: ["running"], phase: "ended", status: "succeeded" },
  /** No attempt will help, or none is left. */
  fail: { from: ["running"], phase: "ended", status: "failed" },
  /** The request may not be served. */
  refuse: { from: ["running"], phase: "ended", status: "refused" },
  /** The worker hands the job back while it shuts down: the attempt is not counted. */
  release: { from: ["running"], phase: "waiting", status: "queued" },
  /** A transient failure: once more, later; after the last attempt the job fails. */
  retry: { from: ["running"], phase: "backoff", status: "queued" },
  /**
   * The lease ran out (crash, partition) or the attempt took too long (hang): the attempt counts, and
   * after the last one the job fails.
   */
  lapse: { from: ["running"], phase: "waiting", status: "queued" },
  /** The whole job's deadline passed, wherever it was. */
  expire: { from: ["waiting", "backoff", "running"], phase: "ended", status: "failed" },
  /** The backoff is over. */
  due: { from: ["backoff"], phase: "waiting", status: "queued" },
  /** A cancel of a job that no worker has: it ends at once. */
  cancelQueued: { from: ["waiting", "backoff"], phase: "ended", status: "cancelled" },
  /** A cancel of a running job: it is marked, and the next exit ends it. */
  cancelRunning: { from: ["running"], phase: "running", status: "running" },
} as const satisfies Record<
  string,
  { readonly from: readonly Phase[]; readonly phase: Phase; readonly status: Status }
>;

export type Transition = keyof typeof transitions;

/** Attempts that may end in a crash, a lapsed lease or a transient failure before the job fails. */
export const maxAttempts = 3;

/** Whether a job in this status never changes again. */
export function isTerminal(status: Status): boolean {
  return status !== "queued" && status !== "running";
}
