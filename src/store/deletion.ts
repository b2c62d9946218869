/**
 * Deletion, by callers and by retention. The document goes first and its artifacts after (the caller's part),
 * so that a crash in between leaves an orphan for the sweep and never a job that names what is gone.
 *
 * A deleted job leaves its idempotency key behind until 24 hours after its creation: a late repeat of the
 * call must not make a second one.
 */
import type { Filter } from "mongodb";
import { jobOfArtifact } from "../generations/artifacts.ts";
import type { CallBounds } from "../generations/call-bounds.ts";
import { jobNotFound, ServiceError, trackNotFound } from "../generations/failures.ts";
import type { Scope } from "../generations/job.ts";
import type { JobStore, Retention } from "../generations/job-store.ts";
import { readBounds, writeBounds } from "./bounds.ts";
import type { Database } from "./database.ts";
import { artifactsIn, type JobDocument } from "./documents.ts";
import { scopeOf } from "./scope.ts";

type Jobs = Database["jobs"];

const keyTakenMs = 24 * 3_600_000;
/** Most documents that one sweep touches; the next one goes on. */
const sweepBatch = 200;

/** The fields that stay of a job whose idempotency key is still taken. */
const kept = ["_id", "schema", "org", "user", "idempotency", "createdAt", "status", "phase"];
const keyIsTaken = {
  $and: [
    { $ne: [{ $type: "$idempotency" }, "missing"] },
    { $gt: ["$createdAt", { $subtract: ["$$NOW", keyTakenMs] }] },
  ],
};

/** Deletes one ended job that `filter` matches; its document as it was, or null. */
async function remove(
  jobs: Jobs,
  filter: Filter<JobDocument>,
  bounds?: CallBounds,
): Promise<JobDocument | null> {
  const ended = { ...filter, phase: "ended" as const };
  const rest = Object.fromEntries(kept.map((field) => [field, `$${field}`]));
  const tombstone = { $mergeObjects: [rest, { deletedAt: "$$NOW" }] };
  const buried = await jobs.findOneAndUpdate(
    { ...ended, $expr: keyIsTaken },
    [{ $replaceWith: tombstone }],
    { returnDocument: "before", ...writeBounds(bounds) },
  );
  const forgotten = { ...ended, $expr: { $not: [keyIsTaken] } };
  return buried ?? jobs.findOneAndDelete(forgotten, writeBounds(bounds));
}

async function deleteEnded(jobs: Jobs, scope: Scope, jobId: string, bounds?: CallBounds) {
  const filter = { _id: jobId, ...scopeOf(scope) };
  const deleted = await remove(jobs, filter, bounds);
  if (deleted !== null) return artifactsIn(deleted);
  const options = { projection: { _id: 1 }, ...readBounds(bounds) };
  if ((await jobs.findOne(filter, options)) === null) throw jobNotFound(jobId);
  throw new ServiceError("job_active", { details: { job_id: jobId } });
}

async function deleteTrack(jobs: Jobs, scope: Scope, trackId: string, bounds?: CallBounds) {
  const before = await jobs.findOneAndUpdate(
    { "track.id": trackId, ...scopeOf(scope) },
    [{ $set: { version: { $add: ["$version", 1] } } }, { $unset: ["track", "segments"] }],
    { returnDocument: "before", ...writeBounds(bounds) },
  );
  if (before === null) throw trackNotFound(trackId);
  return artifactsIn(before);
}

async function sweepRetention(jobs: Jobs, keepMs: Retention): Promise<string[]> {
  const artifacts: string[] = [];
  for (const [status, ms] of Object.entries(keepMs) as [keyof Retention, number | null][]) {
    if (ms === null) continue;
    const over = { $lt: ["$endedAt", { $subtract: ["$$NOW", ms] }] };
    const filter = { status, phase: "ended" as const, deletedAt: { $exists: false }, $expr: over };
    const found = await jobs
      .find(filter, { projection: { _id: 1 }, sort: { endedAt: 1 }, limit: sweepBatch })
      .toArray();
    for (const { _id } of found) {
      const deleted = await remove(jobs, { _id, deletedAt: { $exists: false } });
      if (deleted !== null) artifacts.push(...artifactsIn(deleted));
    }
  }
  await jobs.deleteMany({ deletedAt: { $exists: true }, $expr: { $not: [keyIsTaken] } });
  return artifacts;
}

export type Deletion = Pick<
  JobStore,
  "deleteEnded" | "deleteTrack" | "sweepRetention" | "namedAmong"
>;

/** The part of the job store that deletes. */
export function createDeletion({ jobs }: Database): Deletion {
  return {
    deleteEnded: (scope, jobId, bounds) => deleteEnded(jobs, scope, jobId, bounds),
    deleteTrack: (scope, trackId, bounds) => deleteTrack(jobs, scope, trackId, bounds),
    sweepRetention: (keepMs) => sweepRetention(jobs, keepMs),
    async namedAmong(artifacts) {
      const ids = artifacts.map(jobOfArtifact).filter((id) => id !== null);
      const projection = {
        "track.artifact": 1,
        "track.extras.artifact": 1,
        "segments.artifact": 1,
      };
      const found = await jobs.find({ _id: { $in: ids } }, { projection }).toArray();
      const named = new Set(found.flatMap(artifactsIn));
      return artifacts.filter((artifact) => named.has(artifact));
    },
  };
}
