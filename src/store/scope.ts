/** The scope of a query: every read and write that a caller causes carries it. */
import type { Filter } from "mongodb";
import type { Scope } from "../generations/job.ts";
import type { JobDocument } from "./documents.ts";

/** Matches the caller's own jobs in the organization, but for what is left of deleted ones. */
export function scopeOf(scope: Scope): Filter<JobDocument> {
  return { org: scope.organizationId, user: scope.userId, deletedAt: { $exists: false } };
}
