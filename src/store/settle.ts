/**
 * The settle: ends an attempt by the lease that holds it, one guarded update each. Settles that come together
 * share a round trip; a lone one goes at once, as one call.
 */
import type { Lease } from "../generations/job.ts";
import type { CancelReceipt, Exit } from "../generations/job-store.ts";
import type { Database } from "./database.ts";
import type { AttemptDocument, JobDocument } from "./documents.ts";
import { fenceOf } from "./fence.ts";
import { GroupCommit } from "./group-commit.ts";
import { exitOf } from "./updates.ts";

type Jobs = Database["jobs"];

interface Settle {
  readonly lease: Lease;
  readonly exit: Exit;
  readonly receipt: CancelReceipt | null;
}

/** A second write overlaps the first, whose journal flush it need not wait for. */
const limits = { concurrent: 2, most: 100 };

/** Ends attempts; resolves with the job afterwards, or null when the lease was lost before. */
export function createSettle(jobs: Jobs): (settle: Settle) => Promise<JobDocument | null> {
  const group = new GroupCommit((settles: readonly Settle[]) => write(jobs, settles), limits);
  return (settle) => group.submit(settle);
}

async function write(jobs: Jobs, settles: readonly Settle[]) {
  const [only] = settles;
  if (only !== undefined && settles.length === 1) return Promise.allSettled([one(jobs, only)]);
  return many(jobs, settles);
}

function updateOf({ exit, lease, receipt }: Settle) {
  return exitOf(exit, lease.epoch, receipt);
}

/** The job, when this lease itself has ended its attempt. */
function ifSettledBy({ token, epoch }: Lease, job: JobDocument | null): JobDocument | null {
  const isBy = (attempt: AttemptDocument) =>
    attempt.token === token && attempt.epoch === epoch && attempt.by === "worker";
  return job?.history?.some(isBy) ? job : null;
}

async function one(jobs: Jobs, settle: Settle): Promise<JobDocument | null> {
  const { lease } = settle;
  const ended = await jobs.findOneAndUpdate(fenceOf(lease), updateOf(settle), {
    returnDocument: "after",
  });
  return ended ?? ifSettledBy(lease, await jobs.findOne({ _id: lease.jobId }));
}

async function many(jobs: Jobs, settles: readonly Settle[]) {
  const updates = settles.map((settle) => ({
    updateOne: { filter: fenceOf(settle.lease), update: updateOf(settle) },
  }));
  try {
    await jobs.bulkWrite(updates, { ordered: false });
  } catch {
    // One that cannot be written must not fail the others; what was written stays so when repeated.
    return Promise.allSettled(settles.map((settle) => one(jobs, settle)));
  }
  const found = await jobs
    .find({ _id: { $in: settles.map(({ lease }) => lease.jobId) } })
    .toArray();
  const byId = new Map(found.map((job) => [job._id, job]));
  const resultOf = async ({ lease }: Settle) => ifSettledBy(lease, byId.get(lease.jobId) ?? null);
  return Promise.allSettled(settles.map(resultOf));
}
