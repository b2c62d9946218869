/** The fence: what every write of a worker matches by. */
import type { Filter } from "mongodb";
import type { Lease } from "../generations/job.ts";
import type { JobDocument } from "./documents.ts";

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
