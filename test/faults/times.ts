/** Lease times for a worker that is to lose its leases soon. */
import type { LeaseTimes } from "../../src/worker/leases.ts";

export const quickTimes: LeaseTimes = {
  ttlMs: 3_000,
  renewEveryMs: 200,
  marginMs: 500,
  progressEveryMs: 20,
  attemptMs: 600_000,
};
