/**
 * The audit at the end of a soak, on the database itself: every job that a client was told of is there and
 * has ended, once, as it was told, with the right artifact; and nothing else is there.
 */
import { createHash } from "node:crypto";
import { GridFSBucket } from "mongodb";
import { artifactsIn, type JobDocument } from "../../src/store/documents.ts";
import type { Database } from "../../src/store/index.ts";
import { faultsOfStep } from "../store/protocol/invariants.ts";
import type { Piece, Told } from "./clients.ts";

export interface AuditResult {
  /** Jobs by the state that they ended in. */
  readonly ended: Readonly<Record<string, number>>;
  /** Attempts by what they ended in. */
  readonly attempts: Readonly<Record<string, number>>;
  readonly artifacts: number;
  /** Artifacts that no job names; the service sweeps them once they are old. */
  readonly orphans: number;
  readonly faults: readonly string[];
}

/** @param expected the SHA-256 of the track of each piece. */
export async function audit(
  database: Database,
  told: readonly Told[],
  expected: (piece: Piece) => string,
): Promise<AuditResult> {
  const jobs = await database.jobs.find().toArray();
  const byId = new Map(jobs.map((job) => [job._id, job]));
  const bucket = new GridFSBucket(database.db, { bucketName: "artifacts" });
  const stored = await bucket.find().toArray();
  const artifacts = new Set(stored.map(({ filename }) => filename));
  const named = new Set(jobs.flatMap(artifactsIn));
  const standing = faultsOfStep({
    before: { jobs: [] },
    after: { jobs },
    capOf: () => 0,
    changes: 0,
  });
  const faults = [
    ...standing,
    ...faultsOfCrowd(jobs, told),
    ...told.flatMap((each) => faultsOfTold(each, byId.get(each.id))),
    ...(await faultsOfArtifacts(told, byId, bucket, expected)),
  ];
  return {
    ended: countBy(jobs.map(({ status }) => status)),
    attempts: countBy(jobs.flatMap(({ history = [] }) => history.map(outcomeOf))),
    artifacts: named.size,
    orphans: [...artifacts].filter((name) => !named.has(name)).length,
    faults,
  };
}

function outcomeOf({ outcome, failure }: NonNullable<JobDocument["history"]>[number]): string {
  return failure ? `${outcome}: ${failure.kind}` : outcome;
}

function countBy(values: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}

/** One job for each key, and none that nobody asked for. */
function faultsOfCrowd(jobs: readonly JobDocument[], told: readonly Told[]): string[] {
  const ids = new Set(told.map(({ id }) => id));
  const strangers = jobs.filter(({ _id }) => !ids.has(_id));
  return [
    ...(ids.size === told.length ? [] : ["two keys were answered with one job"]),
    ...strangers.map(({ _id }) => `${_id} is a job that no client was told of`),
  ];
}

function faultsOfTold(told: Told, job: JobDocument | undefined): string[] {
  const { id, idempotencyKey, cancelAnswer, watched } = told;
  if (job === undefined) return [`${id} was acknowledged and is lost`];
  const { status, idempotency } = job;
  const rules: Readonly<Record<string, boolean>> = {
    "has not ended": job.phase === "ended",
    "has another key": idempotency?.key === idempotencyKey,
    "succeeded after a cancel was acknowledged":
      cancelAnswer === null || status !== "succeeded" || cancelAnswer === "succeeded",
    "ended otherwise than the cancel was told":
      cancelAnswer === null || cancelAnswer === "running" || cancelAnswer === status,
    "ended otherwise than its watcher saw": watched === null || watched === status,
    "was refused": status !== "refused",
  };
  const broken = Object.entries(rules).flatMap(([name, holds]) => (holds ? [] : [name]));
  return [...broken, ...told.faults].map((fault) => `${id} ${fault}`);
}

async function faultsOfArtifacts(
  told: readonly Told[],
  byId: ReadonlyMap<string, JobDocument>,
  bucket: GridFSBucket,
  expected: (piece: Piece) => string,
): Promise<string[]> {
  const faults: string[] = [];
  for (const { id, piece } of told) {
    const artifact = byId.get(id)?.track?.artifact;
    if (artifact === undefined) continue;
    const hash = createHash("sha256");
    try {
      for await (const chunk of bucket.openDownloadStreamByName(artifact)) hash.update(chunk);
    } catch (error) {
      faults.push(`${id} names an artifact that cannot be read: ${String(error)}`);
      continue;
    }
    if (hash.digest("hex") !== expected(piece)) faults.push(`${id} has another piece's artifact`);
  }
  return faults;
}
