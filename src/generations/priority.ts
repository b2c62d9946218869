/**
 * Priorities within an organization, which age: a job's rank is when it was created, moved by a fixed head
 * start, and the lowest rank goes first. So an urgent job overtakes only what came shortly before it, and
 * one that is not urgent waits for a bounded time longer: nothing starves. (The rank is a virtual deadline,
 * as in earliest-deadline-first scheduling: Liu and Layland, 1973.)
 */

/** The head start of each priority in milliseconds. */
export const headStartMs = {
  high: 10 * 60_000,
  normal: 0,
  low: -30 * 60_000,
} as const;

export type Priority = keyof typeof headStartMs;

/** What jobs of one organization are served by, the earliest first. */
export function rankOf(job: { readonly createdAt: Date; readonly priority: Priority }): Date {
  return new Date(job.createdAt.getTime() - headStartMs[job.priority]);
}
