/** Jobs over MongoDB: reads scoped by organization and user, and every change one guarded update. */
import type { Filter } from "mongodb";
import type { CallBounds } from "../generations/call-bounds.ts";
import { jobNotFound, ServiceError } from "../generations/failures.ts";
import type { Scope } from "../generations/job.ts";
import type { Heartbeat, JobFilter, JobStore, NewJob } from "../generations/job-store.ts";
import { headStartMs } from "../generations/priority.ts";
import { active } from "../generations/state.ts";
import { readBounds, writeBounds } from "./bounds.ts";
import { type Database, isDuplicateKey } from "./database.ts";
import type { Deletion } from "./deletion.ts";
import { type JobDocument, schemaVersion, toJob } from "./documents.ts";
import { fenceOf, fenceOfAll, notRunOut } from "./fence.ts";
import type { Quotas, Taken } from "./quotas.ts";
import { scopeOf } from "./scope.ts";
import { createSettle } from "./settle.ts";
import { createSweeps } from "./sweeps.ts";
import { cancelOf, type TimeLimits } from "./updates.ts";

type Jobs = Database["jobs"];

/** The fields of a new job that callers decide; the pipeline adds what the server's clock decides. */
function documentOf(job: NewJob): Omit<JobDocument, "createdAt"> {
  return {
    _id: job.id,
    schema: schemaVersion,
    org: job.organizationId,
    user: job.userId,
    engine: job.engine,
    request: job.request,
    seed: job.seed,
    status: "queued",
    phase: "waiting",
    version: 1,
    progress: { percent: 0, phase: null, message: null },
    priority: job.priority,
    attempts: 0,
    epoch: 0,
    ...(job.traceparent !== null && { traceparent: job.traceparent }),
    ...(job.idempotency && { idempotency: job.idempotency }),
  };
}

/** An upsert by a fresh id, since only a pipeline can stamp the document with the server's clock. */
async function insert(jobs: Jobs, job: NewJob, jobMs: number, bounds?: CallBounds) {
  const times = {
    createdAt: "$$NOW",
    rank: { $subtract: ["$$NOW", headStartMs[job.priority]] },
    deadlineAt: { $add: ["$$NOW", jobMs] },
  };
  const document = { $mergeObjects: [{ $literal: documentOf(job) }, times] };
  const inserted = await jobs.findOneAndUpdate({ _id: job.id }, [{ $replaceWith: document }], {
    upsert: true,
    returnDocument: "after",
    ...writeBounds(bounds),
  });
  return inserted as JobDocument;
}

async function findRepeat(
  jobs: Jobs,
  job: NewJob,
  bounds?: CallBounds,
): Promise<JobDocument | null> {
  if (job.idempotency === null) return null;
  const { organizationId: org, userId: user } = job;
  // What is left of a deleted job is meant, too.
  const filter = { org, user, "idempotency.key": job.idempotency.key };
  const found = await jobs.findOne(filter, readBounds(bounds));
  return found && sameRequest(found, job);
}

function sameRequest(found: JobDocument, job: NewJob): JobDocument {
  if (found.idempotency?.hash === job.idempotency?.hash) {
    if (found.deletedAt !== undefined) throw jobNotFound(found._id);
    return found;
  }
  throw new ServiceError("idempotency_key_reused", {
    details: { idempotency_key: job.idempotency?.key ?? "" },
  });
}

/** A repeat takes nothing from the quotas, and is never refused by them. */
async function create(
  jobs: Jobs,
  job: NewJob,
  { jobMs, quotas }: { readonly jobMs: number; readonly quotas: Quotas | null },
  bounds?: CallBounds,
): Promise<JobDocument> {
  let taken: Taken | null = null;
  try {
    if (quotas !== null) taken = await quotas.take(job);
    return await insert(jobs, job, jobMs, bounds);
  } catch (error) {
    const isRepeat = isDuplicateKey(error, "idempotency");
    const isRefused = error instanceof ServiceError && error.kind === "quota_exceeded";
    if (!isRepeat && !isRefused) throw error;
    const [found] = await Promise.all([findRepeat(jobs, job), taken?.undo()]);
    if (found === null) throw error;
    return found;
  } finally {
    taken?.done();
  }
}

function listFilter(scope: Scope, filter: JobFilter): Filter<JobDocument> {
  const { status, after } = filter;
  return {
    ...scopeOf(scope),
    ...(status && { status }),
    ...(after && {
      $or: [
        { createdAt: { $lt: after.createdAt } },
        { createdAt: after.createdAt, _id: { $lt: after.id } },
      ],
    }),
  };
}

async function requestCancel(
  jobs: Jobs,
  quotas: Quotas | null,
  scope: Scope,
  jobId: string,
  bounds?: CallBounds,
) {
  const changed = await jobs.findOneAndUpdate(
    {
      _id: jobId,
      ...scopeOf(scope),
      phase: { $in: active },
      "cancel.requestedAt": { $exists: false },
    },
    cancelOf(),
    { returnDocument: "after", ...writeBounds(bounds) },
  );
  const hasNotBegun = changed?.phase === "ended" && changed.epoch === 0;
  if (hasNotBegun) await quotas?.cancelled(changed);
  return changed ?? jobs.findOne({ _id: jobId, ...scopeOf(scope) }, readBounds(bounds));
}

function renewalOf(ttlMs: number) {
  return { "lease.expiresAt": { $add: ["$$NOW", ttlMs] } };
}

/** Extends the lease; progress, when there is any, makes a new version. */
function beatOf({ lease, progress }: Heartbeat, ttlMs: number) {
  const { percent, phase, message, checkpoint, interpretation, segments } = progress ?? {};
  const news = progress && {
    version: { $add: ["$version", 1] },
    progress: {
      percent: {
        $max: ["$progress.percent", Math.min(100, Math.max(0, Math.floor(percent ?? 0)))],
      },
      phase: { $literal: phase },
      message: { $literal: message },
    },
    ...(checkpoint && { checkpoint: { $literal: { ...checkpoint, epoch: lease.epoch } } }),
    ...(interpretation && { interpretation: { $literal: interpretation } }),
    ...(segments && { segments: { $literal: segments } }),
  };
  const update = [{ $set: { ...renewalOf(ttlMs), ...news } }];
  return { updateOne: { filter: { ...fenceOf(lease), ...notRunOut }, update } };
}

async function heartbeat(jobs: Jobs, beats: readonly Heartbeat[], ttlMs: number) {
  if (beats.length === 0) return [];
  const quiet = beats.filter(({ progress }) => progress === null).map(({ lease }) => lease);
  const news = beats.filter(({ progress }) => progress !== null);
  const hint = { _id: 1 };
  await Promise.all([
    quiet.length > 0 &&
      jobs.updateMany({ ...fenceOfAll(quiet), ...notRunOut }, [{ $set: renewalOf(ttlMs) }], {
        hint,
      }),
    news.length > 0 &&
      jobs.bulkWrite(
        news.map((beat) => beatOf(beat, ttlMs)),
        { ordered: false },
      ),
  ]);
  const all = fenceOfAll(beats.map(({ lease }) => lease));
  const held = await jobs
    .find({ ...all, ...notRunOut }, { projection: { "cancel.requestedAt": 1 }, hint })
    .toArray();
  return held.map(({ _id, cancel }) => ({ jobId: _id, cancelRequested: cancel !== undefined }));
}

async function endedAmong(jobs: Jobs, ids: readonly string[]): Promise<string[]> {
  const found = await jobs
    .find({ _id: { $in: [...ids] }, phase: { $ne: "ended" } }, { projection: { _id: 1 } })
    .toArray();
  const alive = new Set(found.map(({ _id }) => _id));
  return ids.filter((id) => !alive.has(id));
}

/** The job store over MongoDB, but for claims, deletion and what concerns the queue as a whole. */
export function createJobs(
  { jobs }: Database,
  limits: TimeLimits,
  quotas: Quotas | null,
): Omit<JobStore, "claim" | "queueFacts" | "announce" | "withdraw" | keyof Deletion> {
  const settle = createSettle(jobs);
  const orNull = (document: JobDocument | null) => document && toJob(document);
  return {
    create: async (job, bounds) =>
      toJob(await create(jobs, job, { jobMs: limits.jobMs, quotas }, bounds)),
    findRepeat: async (job, bounds) => orNull(await findRepeat(jobs, job, bounds)),
    get: async (scope, jobId, bounds) =>
      orNull(await jobs.findOne({ _id: jobId, ...scopeOf(scope) }, readBounds(bounds))),
    async list(scope, filter, bounds) {
      const found = jobs
        .find(listFilter(scope, filter), readBounds(bounds))
        .sort({ createdAt: -1, _id: -1 })
        .skip(filter.offset)
        .limit(filter.limit);
      return (await found.toArray()).map(toJob);
    },
    findByTrack: async (scope, trackId, bounds) =>
      orNull(await jobs.findOne({ "track.id": trackId, ...scopeOf(scope) }, readBounds(bounds))),
    requestCancel: async (scope, jobId, bounds) =>
      orNull(await requestCancel(jobs, quotas, scope, jobId, bounds)),
    heartbeat: (beats) => heartbeat(jobs, beats, limits.leaseTtlMs),
    exit: async (lease, exit, receipt) => orNull(await settle({ lease, exit, receipt })),
    ...createSweeps(jobs),
    endedAmong: (ids) => endedAmong(jobs, ids),
  };
}
