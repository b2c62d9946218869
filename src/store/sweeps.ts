/**
 * The sweeps: what becomes of jobs whose time is over without anyone at them, by the database's clock. Any
 * number of processes may sweep at once, since each change is guarded by what it is about.
 */
import type { JobStore } from "../generations/job-store.ts";
import { active } from "../generations/state.ts";
import type { Database } from "./database.ts";
import { deadlineOf, dueOf, lapseOf } from "./updates.ts";

type Jobs = Database["jobs"];

/** Most documents that one sweep of one kind touches; the next sweep goes on. */
const sweepBatch = 500;
const lapsed = {
  $or: [
    { $lt: ["$lease.expiresAt", "$$NOW"] },
    // A document of an earlier version has no deadline, and a missing value is less than any date.
    { $lt: [{ $ifNull: ["$lease.deadlineAt", "$$NOW"] }, "$$NOW"] },
  ],
};
const due = { $lte: ["$notBefore", "$$NOW"] };

/**
 * One guarded update for each lapsed lease: whoever ends or claims the job in between wins. It reads all that
 * run, which are no more than the workers' places; an index of when leases end would change with each
 * heartbeat.
 */
async function sweepLapsed(jobs: Jobs): Promise<number> {
  const found = await jobs
    .find(
      { slot: { $gte: 0 }, phase: "running", $expr: lapsed },
      { projection: { _id: 1 }, limit: sweepBatch, hint: "slot" },
    )
    .toArray();
  if (found.length === 0) return 0;
  const swept = await jobs.bulkWrite(
    found.map(({ _id }) => ({
      updateOne: { filter: { _id, phase: "running", $expr: lapsed }, update: lapseOf() },
    })),
    { ordered: false },
  );
  return swept.modifiedCount;
}

async function sweepDue(jobs: Jobs): Promise<number> {
  const found = await jobs
    .find(
      { phase: "backoff", $expr: due },
      { projection: { _id: 1 }, limit: sweepBatch, hint: "due" },
    )
    .toArray();
  if (found.length === 0) return 0;
  const ids = found.map(({ _id }) => _id);
  const swept = await jobs.updateMany({ _id: { $in: ids }, phase: "backoff", $expr: due }, dueOf());
  return swept.modifiedCount;
}

async function sweepExpired(jobs: Jobs): Promise<number> {
  const filter = { phase: { $in: active }, $expr: { $lt: ["$deadlineAt", "$$NOW"] } };
  const known = { ...filter, deadlineAt: { $type: "date" as const } };
  const found = await jobs
    .find(known, { projection: { _id: 1 }, limit: sweepBatch, hint: "overdue" })
    .toArray();
  if (found.length === 0) return 0;
  const ids = found.map(({ _id }) => _id);
  const swept = await jobs.updateMany({ ...known, _id: { $in: ids } }, deadlineOf());
  return swept.modifiedCount;
}

/** The part of the job store that sweeps; each answers how many jobs it changed. */
export function createSweeps(
  jobs: Jobs,
): Pick<JobStore, "sweepLapsed" | "sweepDue" | "sweepExpired"> {
  return {
    sweepLapsed: () => sweepLapsed(jobs),
    sweepDue: () => sweepDue(jobs),
    sweepExpired: () => sweepExpired(jobs),
  };
}
