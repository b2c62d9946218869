/**
 * The state machine compiled to update pipelines: for each exit of `generations/state.ts` the `$set` and
 * `$unset` that perform it, timed by the database's clock (`$$NOW`). The guards are in `jobs.ts`.
 *
 * The cancel rule is the first branch of every exit from `running`: a condition on `cancel.requestedAt`,
 * which the server evaluates in the same update. The bound on attempts is the branch after it.
 */
import type { Document } from "mongodb";
import {
  type AttemptFailureKind,
  type AttemptOutcome,
  attemptFailures,
  historyLength,
} from "../generations/attempt.ts";
import type { CancelReceipt, Exit } from "../generations/job-store.ts";
import { maxAttempts, type Transition, transitions } from "../generations/state.ts";
import type { AttemptDocument } from "./documents.ts";

const now = "$$NOW";
const nextVersion = { $add: ["$version", 1] };
const cancelAsked = { $ne: [{ $type: "$cancel.requestedAt" }, "missing"] };
const spent = { $gte: ["$attempts", maxAttempts] };
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

/** One way that an exit from `running` may go: when, what it sets, and what the attempt ended in. */
interface Branch {
  readonly when: Document;
  readonly set: Document;
  readonly outcome: AttemptOutcome;
  /** A literal, or an expression that gives one. */
  readonly failure?: Document;
}

/** The last of them holds always. */
type Branches = readonly Branch[];
const always = literal(true);

/** The value that the first branch whose condition holds gives. */
function choose(branches: Branches, valueIn: (branch: Branch) => unknown): unknown {
  return branches.reduceRight<unknown>(
    (rest, branch) =>
      branch.when === always ? valueIn(branch) : { $cond: [branch.when, valueIn(branch), rest] },
    null,
  );
}

/** Each field that a branch sets, set to what the branch that is taken gives it, or left alone. */
function chooseFields(branches: Branches): Document {
  const fields = new Set(branches.flatMap(({ set }) => Object.keys(set)));
  const chosen = (field: string) =>
    choose(branches, ({ set }) => (field in set ? set[field] : `$${field}`));
  return Object.fromEntries([...fields].map((field) => [field, chosen(field)]));
}

/** The history with the attempt that ends here. */
function historyWith(branches: Branches, by: AttemptDocument["by"]): Document {
  const attempt = {
    epoch: "$epoch",
    owner: "$lease.owner",
    token: "$lease.token",
    startedAt: { $ifNull: ["$lease.startedAt", "$startedAt"] },
    endedAt: now,
    by,
    outcome: choose(branches, ({ outcome }) => outcome),
    failure: choose(branches, ({ failure }) => failure ?? "$$REMOVE"),
  };
  const all = { $concatArrays: [{ $ifNull: ["$history", []] }, [attempt]] };
  return { $slice: [all, -historyLength] };
}

/** Leaves `running` by the branch whose condition holds: the attempt is history, slot and lease are free. */
function leaveRunning(branches: Branches, by: AttemptDocument["by"]): Document[] {
  const history = historyWith(branches, by);
  return [{ $set: { ...chooseFields(branches), history } }, { $unset: hold }];
}

/** Running → ended, because a cancel was asked for. */
function cancelled(receipt: CancelReceipt | null): Branch {
  const seen = receipt && {
    observedAt: millisecondsAgo(receipt.observedMsAgo),
    checkpoint: literal(receipt.checkpoint),
  };
  // As a whole: a part of it would make an empty `cancel` where none is asked for.
  const cancel = seen && { cancel: { $mergeObjects: ["$cancel", seen] } };
  const set = { ...stateOf("cancelQueued"), ...idle, endedAt: now, ...cancel };
  return { when: cancelAsked, set, outcome: "cancelled" };
}

/** Running → ended, because the last attempt failed in a way that another one might have mended. */
function exhausted(failure: Document): Branch {
  const message = `The generation failed ${maxAttempts} times and was given up. Please try again.`;
  const ended = { endedAt: now, failure: literal({ kind: "attempts_exhausted", message }) };
  const set = { ...stateOf("fail"), ...idle, ...ended };
  return { when: spent, set, outcome: "failed", failure };
}

/** An exit from `running` by the attempt's own worker. */
export function exitOf(exit: Exit, epoch: number, receipt: CancelReceipt | null): Document[] {
  return leaveRunning([cancelled(receipt), ...branchesOf(exit, epoch)], "worker");
}

/** What a success adds to the job, as expressions; where the last two give null, the job keeps what it has. */
export type Made = Readonly<Record<"track" | "interpretation" | "segments", Document>>;

/** Successes without a receipt, all at once, by expressions that give each job its own. */
export function successesOf(made: Made): Document[] {
  return leaveRunning([cancelled(null), success(made)], "worker");
}

function success({ track, interpretation, segments }: Made): Branch {
  const done = { ...idle, "progress.percent": 100 };
  const made = {
    track: { $mergeObjects: [track, { createdAt: now }] },
    interpretation: { $ifNull: [interpretation, "$interpretation"] },
    segments: { $ifNull: [segments, "$segments"] },
  };
  const set = { ...stateOf("succeed"), endedAt: now, ...made, ...done };
  return { when: always, set, outcome: "succeeded" };
}

/** What this exit does when no cancel is asked for. */
function branchesOf(exit: Exit, epoch: number): Branches {
  switch (exit.kind) {
    case "succeed": {
      const { track, interpretation = null, segments = null } = exit;
      return [
        success({
          track: literal(track),
          interpretation: literal(interpretation),
          segments: literal(segments),
        }),
      ];
    }
    case "fail": {
      const failure = literal(exit.failure);
      const set = { ...stateOf("fail"), ...idle, endedAt: now, failure };
      return [{ when: always, set, outcome: "failed", failure }];
    }
    case "refuse": {
      const set = { ...stateOf("refuse"), ...idle, endedAt: now, refusal: literal(exit.reason) };
      return [{ when: always, set, outcome: "refused" }];
    }
    case "release": {
      const attempts = { $max: [0, { $subtract: ["$attempts", 1] }] };
      const reached = exit.checkpoint && { checkpoint: literal({ ...exit.checkpoint, epoch }) };
      const set = { ...stateOf("release"), ...idle, attempts, ...reached };
      return [{ when: always, set, outcome: "released" }];
    }
    case "retry": {
      const failure = literal(exit.failure);
      const message = literal(`${exit.failure.message} Trying again.`);
      const notBefore = { $add: [now, Math.round(exit.delayMs)] };
      const set = { ...stateOf("retry"), notBefore, ...idle, "progress.message": message };
      return [exhausted(failure), { when: always, set, outcome: "failed", failure }];
    }
  }
}

function failureOf(kind: AttemptFailureKind): Document {
  return literal({ kind, message: attemptFailures[kind].message });
}

/** A lease that ran out, or an attempt that took too long: back to the queue, or the end of the job. */
export function lapseOf(): Document[] {
  const isLost = { $lt: ["$lease.expiresAt", now] };
  const failure = {
    $cond: [isLost, failureOf("lease_expired"), failureOf("attempt_timeout")],
  };
  const set = { ...stateOf("lapse"), ...idle };
  const again: Branch = { when: always, set, outcome: "failed", failure };
  return leaveRunning([cancelled(null), exhausted(failure), again], "sweeper");
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

/** The pipeline of a claim into `slot`, a number or an expression of it, by a fresh lease. */
export function claimOf(
  owner: string,
  token: string,
  slot: number | Document,
  limits: TimeLimits,
): Document[] {
  const lease = {
    owner: literal(owner),
    token,
    startedAt: now,
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
  const failure = failureOf("deadline");
  const set = { ...stateOf("expire"), ...idle, endedAt: now, failure };
  const late: Branch = { when: always, set, outcome: "failed", failure };
  const branches = [cancelled(null), late];
  const wasRunning = { $eq: ["$phase", "running"] };
  const history = { $cond: [wasRunning, historyWith(branches, "sweeper"), "$history"] };
  return [{ $set: { ...chooseFields(branches), history } }, { $unset: [...hold, "notBefore"] }];
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
