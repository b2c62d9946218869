/**
 * The invariants of the design's "The job", as a pure check of two looks at all job documents: one before
 * and one after a step. Every proof in this folder ends in it.
 */
import { isDeepStrictEqual } from "node:util";
import { historyLength } from "../../../src/generations/attempt.ts";
import { maxAttempts } from "../../../src/generations/state.ts";
import type { JobDocument } from "../../../src/store/documents.ts";

export interface Look {
  readonly jobs: readonly JobDocument[];
}

export interface Step {
  readonly before: Look;
  readonly after: Look;
  /** How many jobs of this organization may run at once. */
  readonly capOf: (organization: string) => number;
  /** Changes that this step may make to one job. */
  readonly changes: number;
}

/** Without what a caller cannot see, and what therefore makes no version. */
function visible({ slot: _0, lease: _1, notBefore: _2, deadlineAt: _3, ...rest }: JobDocument) {
  return rest;
}

const phaseOf = {
  queued: ["waiting", "backoff"],
  running: ["running"],
  succeeded: ["ended"],
  failed: ["ended"],
  cancelled: ["ended"],
  refused: ["ended"],
} as const;

/** What must hold of any job at any time. */
function faultsOf(job: JobDocument): string[] {
  const has = (field: keyof JobDocument) => job[field] !== undefined;
  const rules: Readonly<Record<string, boolean>> = {
    "status and phase agree": (phaseOf[job.status] as readonly string[]).includes(job.phase),
    "running if and only if it has a lease": has("lease") === (job.phase === "running"),
    "running if and only if it has a slot": has("slot") === (job.phase === "running"),
    "a time to wait for only while backing off": has("notBefore") === (job.phase === "backoff"),
    "an end time if and only if ended": has("endedAt") === (job.phase === "ended"),
    "a track if and only if succeeded": has("track") === (job.status === "succeeded"),
    "a failure if and only if failed": has("failure") === (job.status === "failed"),
    "a refusal if and only if refused": has("refusal") === (job.status === "refused"),
    "a cancel has its time": !has("cancel") || job.cancel?.requestedAt instanceof Date,
    "a job with a cancel is running or cancelled":
      !has("cancel") || job.status === "running" || job.status === "cancelled",
    "attempts are bounded": job.attempts >= 0 && job.attempts <= maxAttempts,
    "no more attempts than claims": job.attempts <= job.epoch,
    "every attempt is history once it ended":
      (job.history ?? []).length === Math.min(historyLength, job.epoch - (has("lease") ? 1 : 0)),
  };
  return namesOfBroken(rules);
}

/** What must hold of every change of one job. */
function faultsOfChange(before: JobDocument, after: JobDocument, changes: number): string[] {
  const seen = !isDeepStrictEqual(visible(before), visible(after));
  const versions = after.version - before.version;
  const rules: Readonly<Record<string, boolean>> = {
    "a terminal state absorbs": before.phase !== "ended" || isDeepStrictEqual(before, after),
    "a visible change makes a version": !seen || (versions >= 1 && versions <= changes),
    "no version without a visible change": seen || versions === 0,
    "the epoch grows by claims alone": after.epoch >= before.epoch,
    "a new lease has a new epoch":
      before.lease === undefined ||
      after.lease === undefined ||
      before.lease.token === after.lease.token ||
      after.epoch > before.epoch,
    "progress never falls": after.progress.percent >= before.progress.percent,
    "a cancel stays asked for": before.cancel === undefined || after.cancel !== undefined,
  };
  return namesOfBroken(rules);
}

function namesOfBroken(rules: Readonly<Record<string, boolean>>): string[] {
  return Object.entries(rules).flatMap(([name, holds]) => (holds ? [] : [name]));
}

function repeated(values: readonly string[]): string[] {
  return [...new Set(values.filter((value, n) => values.indexOf(value) !== n))];
}

function runningIn({ jobs }: Look, organization: string): number {
  return jobs.filter(({ org, phase }) => org === organization && phase === "running").length;
}

/** What must hold among the jobs of an organization, and of its cap. */
function faultsAmong({ before, after, capOf }: Step): string[] {
  const slots = after.jobs.flatMap(({ org, slot }) =>
    slot === undefined ? [] : [`${org} ${slot}`],
  );
  const keys = after.jobs.flatMap(({ org, user, idempotency }) =>
    idempotency ? [`${org} ${user} ${idempotency.key}`] : [],
  );
  // Above a lowered cap the running jobs may end in peace, but none may be added.
  const over = [...new Set(after.jobs.map(({ org }) => org))].filter((org) => {
    const running = runningIn(after, org);
    return running > Math.max(capOf(org), runningIn(before, org));
  });
  return [
    ...repeated(slots).map((slot) => `a slot is held once: ${slot}`),
    ...repeated(keys).map((key) => `a key is one job: ${key}`),
    ...over.map((org) => `the cap is never exceeded: ${org}`),
  ];
}

/** Every invariant that this step broke, in words; empty when all hold. */
export function faultsOfStep(step: Step): string[] {
  const { before, after, changes } = step;
  const now = new Map(after.jobs.map((job) => [job._id, job]));
  const lost = before.jobs.filter(({ _id }) => !now.has(_id)).map(({ _id }) => `${_id} is lost`);
  const changed = before.jobs.flatMap((job) => {
    const then = now.get(job._id);
    return then ? faultsOfChange(job, then, changes).map((fault) => `${job._id}: ${fault}`) : [];
  });
  const standing = after.jobs.flatMap((job) =>
    faultsOf(job).map((fault) => `${job._id}: ${fault}`),
  );
  return [...lost, ...changed, ...standing, ...faultsAmong(step)];
}
