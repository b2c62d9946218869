/**
 * The settle: ends an attempt by the lease that holds it, one guarded update each. Settles that come together
 * share a round trip; a lone one goes at once, as one call.
 */
import type { Lease } from "../generations/job.ts";
import type { CancelReceipt, Exit } from "../generations/job-store.ts";
import type { Database } from "./database.ts";
import type { AttemptDocument, JobDocument } from "./documents.ts";
import { fenceOf, fenceOfAll } from "./fence.ts";
import { GroupCommit } from "./group-commit.ts";
import { ofEach } from "./of-each.ts";
import { exitOf, successesOf } from "./updates.ts";

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
  try {
    await writeAll(jobs, settles);
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

/** Plain successes, nearly all there is on a busy worker, as one update; the others as a bulk. */
async function writeAll(jobs: Jobs, settles: readonly Settle[]): Promise<void> {
  const successes = new Map<string, Success>();
  const others: Settle[] = [];
  for (const settle of settles) {
    const { lease, exit, receipt } = settle;
    // Two leases of one job may come together; one update can know only one of them.
    const isPlain = exit.kind === "succeed" && receipt === null && !successes.has(lease.jobId);
    if (isPlain) successes.set(lease.jobId, { lease, exit });
    else others.push(settle);
  }
  await Promise.all([
    successes.size > 0 && succeed(jobs, [...successes.values()]),
    others.length > 0 &&
      jobs.bulkWrite(
        others.map((settle) => ({
          updateOne: { filter: fenceOf(settle.lease), update: updateOf(settle) },
        })),
        { ordered: false },
      ),
  ]);
}

interface Success {
  readonly lease: Lease;
  readonly exit: Exit & { readonly kind: "succeed" };
}

function succeed(jobs: Jobs, successes: readonly Success[]) {
  const leases = successes.map(({ lease }) => lease);
  const ids = leases.map(({ jobId }) => jobId);
  const each = (value: (exit: Success["exit"]) => unknown) =>
    ofEach(
      ids,
      successes.map(({ exit }) => value(exit)),
    );
  const update = successesOf({
    track: each(({ track }) => track),
    interpretation: each(({ interpretation = null }) => interpretation),
    segments: each(({ segments = null }) => segments),
  });
  return jobs.updateMany(fenceOfAll(leases), update, { hint: { _id: 1 } });
}
