/**
 * The state machine compiled to update pipelines: for each exit of `generations/state.ts` the `$set` and
 * `$unset` that perform it, timed by the database's clock (`$$NOW`). The guards are in `jobs.ts`.
 *
 * The cancel rule lives here, in one place: `exitOf` wraps every exit from `running` in one condition on
 * `cancel.requestedAt`, which the server evaluates in the same update.
 */
import type { Document } from "mongodb";
import type { CancelReceipt, Exit } from "../generations/job-store.ts";
import { maxAttempts, type Transition, transitions } from "../generations/state.ts";

const now = "$$NOW";
const nextVersion = { $add: ["$version", 1] };
const cancelAsked = { $ne: [{ $type: "$cancel.requestedAt" }, "missing"] };
/** What no job outside `running` has. */
const hold: string[] = ["slot", "lease"];

/** No worker is at it; the percentage stays. */
const idle = { "progress.phase": null, "progress.message": null };

/** Literal values may hold strings that begin with `$`; this keeps the server from reading them. */
function literal(value: unknown): Document {
  return { $literal: value };
}

function stateOf(name: Transition): Document {
  const { phase, status } = transitions[name];
  return { phase, status, version: nextVersion };
}

function millisecondsAgo(ms: number): Document {
  return { $subtract: [now, Math.max(0, Math.round(ms))] };
}

/** Running → ended, because a cancel was asked for. */
function cancelled(receipt: CancelReceipt | null): Document {
  const seen = receipt && {
    observedAt: millisecondsAgo(receipt.observedMsAgo),
    checkpoint: literal(receipt.checkpoint),
  };
  // As a whole: a part of it would make an empty `cancel` where none is asked for.
  const cancel = seen && { cancel: { $mergeObjects: ["$cancel", seen] } };
  return { ...stateOf("cancelQueued"), ...idle, endedAt: now, ...cancel };
}

/** The fields that this exit sets when no cancel is asked for. */
function setOf(exit: Exit, epoch: number): Document {
  switch (exit.kind) {
    case "succeed":
      return {
        ...stateOf("succeed"),
        endedAt: now,
        track: { $mergeObjects: [literal(exit.track), { createdAt: now }] },
        ...idle,
        "progress.percent": 100,
      };
    case "fail":
      return { ...stateOf("fail"), ...idle, endedAt: now, failure: literal(exit.failure) };
    case "refuse":
      return { ...stateOf("refuse"), ...idle, endedAt: now, refusal: literal(exit.reason) };
    case "release":
      return {
        ...stateOf("release"),
        ...idle,
        attempts: { $max: [0, { $subtract: ["$attempts", 1] }] },
        ...(exit.checkpoint && { checkpoint: literal({ ...exit.checkpoint, epoch }) }),
      };
    case "retry":
      return {
        ...stateOf("retry"),
        notBefore: { $add: [now, Math.round(exit.delayMs)] },
        ...idle,
        "progress.message": literal(exit.message),
      };
  }
}

/** The pipeline of one exit from `running`: its own fields, or those of the cancel when one is asked for. */
export function exitOf(exit: Exit, epoch: number, receipt: CancelReceipt | null): Document[] {
  const otherwise = setOf(exit, epoch);
  const end = cancelled(receipt);
  const fields = new Set([...Object.keys(otherwise), ...Object.keys(end)]);
  const valueIn = (set: Document, field: string) => (field in set ? set[field] : `$${field}`);
  const choose = (field: string) => ({
    $cond: [cancelAsked, valueIn(end, field), valueIn(otherwise, field)],
  });
  return [
    { $set: Object.fromEntries([...fields].map((field) => [field, choose(field)])) },
    { $unset: hold },
  ];
}

/** The pipeline of a lease that ran out: back to the queue, or the end when no attempt is left. */
export function lapseOf(): Document[] {
  const failure = literal({
    kind: "attempts_exhausted",
    message: `The generation was interrupted ${maxAttempts} times and was given up. Please try again.`,
  });
  const spent = { $gte: ["$attempts", maxAttempts] };
  const ends = { $or: [cancelAsked, spent] };
  return [
    {
      $set: {
        phase: { $cond: [ends, "ended", transitions.lapse.phase] },
        status: {
          $cond: [cancelAsked, "cancelled", { $cond: [spent, "failed", transitions.lapse.status] }],
        },
        version: nextVersion,
        ...idle,
        endedAt: { $cond: [ends, now, "$$REMOVE"] },
        failure: { $cond: [{ $and: [spent, { $not: [cancelAsked] }] }, failure, "$$REMOVE"] },
      },
    },
    { $unset: hold },
  ];
}

/** How long things may take by the database's clock, in milliseconds. */
export interface TimeLimits {
  /** A lease without a heartbeat. */
  readonly leaseTtlMs: number;
  /** One attempt, however well it is kept alive: a hung engine loses it. */
  readonly attemptMs: number;
  /** A job from its creation to its end, waiting included. */
  readonly jobMs: number;
}

/** The pipeline of a claim into `slot` by a fresh lease. */
export function claimOf(
  owner: string,
  token: string,
  slot: number,
  limits: TimeLimits,
): Document[] {
  const lease = {
    owner: literal(owner),
    token,
    expiresAt: { $add: [now, limits.leaseTtlMs] },
    deadlineAt: { $add: [now, limits.attemptMs] },
  };
  return [
    {
      $set: {
        ...stateOf("claim"),
        slot,
        lease,
        epoch: { $add: ["$epoch", 1] },
        attempts: { $add: ["$attempts", 1] },
        startedAt: { $ifNull: ["$startedAt", now] },
      },
    },
  ];
}

/** The pipeline of a job whose time is up, wherever it is. */
export function deadlineOf(): Document[] {
  const failure = literal({
    kind: "deadline",
    message: "The generation could not be finished in time and was given up. Please try again.",
  });
  return [
    {
      $set: {
        ...stateOf("expire"),
        ...idle,
        status: { $cond: [cancelAsked, "cancelled", transitions.expire.status] },
        endedAt: now,
        failure: { $cond: [cancelAsked, "$$REMOVE", failure] },
      },
    },
    { $unset: [...hold, "notBefore"] },
  ];
}

/** The pipeline of a cancel: a queued job ends, a running one is marked. */
export function cancelOf(): Document[] {
  const running = { $eq: ["$phase", "running"] };
  return [
    {
      $set: {
        phase: { $cond: [running, "running", transitions.cancelQueued.phase] },
        status: { $cond: [running, "running", transitions.cancelQueued.status] },
        endedAt: { $cond: [running, "$$REMOVE", now] },
        version: nextVersion,
        "progress.phase": { $cond: [running, "$progress.phase", null] },
        "progress.message": { $cond: [running, "$progress.message", null] },
        "cancel.requestedAt": now,
      },
    },
    { $unset: ["notBefore"] },
  ];
}

/** The pipeline of a backoff that is over. */
export function dueOf(): Document[] {
  return [{ $set: stateOf("due") }, { $unset: ["notBefore"] }];
}
