/** Lease times for a worker that is to lose its leases soon. */
import type { LeaseTimes } from "../../src/worker/leases.ts";

export const quickTimes: LeaseTimes = {
  ttlMs: 3_000,
  renewEveryMs: 200,
  marginMs: 500,
  progressEveryMs: 20,
  attemptMs: 600_000,
};

/** For leases that should survive a short outage of the database, and not be waited for long. */
export const briefTimes: LeaseTimes = { ...quickTimes, ttlMs: 6_000, marginMs: 1_000 };
