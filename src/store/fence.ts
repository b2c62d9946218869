/** The fence: what every write of a worker matches by. */
import type { Filter } from "mongodb";
import type { Lease } from "../generations/job.ts";
import type { JobDocument } from "./documents.ts";
import { ofEach } from "./of-each.ts";

/**
 * Matches only while this lease holds the job (the fencing token of Kleppmann, "How to do distributed
 * locking", 2016).
 */
export function fenceOf(lease: Lease): Filter<JobDocument> {
  return {
    _id: lease.jobId,
    phase: "running",
    "lease.token": lease.token,
    epoch: lease.epoch,
  };
}

/**
 * What a heartbeat's fence asks for besides: that the lease has not run out. Its worker has given it up by
 * then, so a heartbeat that was long on its way (the database was frozen, say) would keep the job from
 * everybody for another lease.
 */
export const notRunOut = { $and: [{ $expr: { $gt: ["$lease.expiresAt", "$$NOW"] } }] };

/** Matches those of these jobs, each named once, that are held by the lease that is given for them. */
export function fenceOfAll(leases: readonly Lease[]): Filter<JobDocument> {
  const ids = leases.map(({ jobId }) => jobId);
  const tokens = leases.map(({ token }) => token);
  const epochs = leases.map(({ epoch }) => epoch);
  const isHeld = [
    { $eq: ["$lease.token", ofEach(ids, tokens)] },
    { $eq: ["$epoch", ofEach(ids, epochs)] },
  ];
  return { _id: { $in: ids }, phase: "running", $expr: { $and: isHeld } };
}
