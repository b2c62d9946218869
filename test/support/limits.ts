/** Limits that nobody meets, for tests and benchmarks of something else. */
import { RateLimits } from "../../src/api/rate-limits.ts";
import type { Clock } from "../../src/base/clock.ts";
import type { ServiceLimits } from "../../src/generations/limits.ts";

const most = 1_000_000_000;

export const highLimits: ServiceLimits = {
  keyCallsPerMinute: most,
  callsPerMinute: most,
  keyStreams: most,
  streams: most,
  queuedJobs: most,
  audioSecondsPerDay: most,
};

/** Rate limits that count all the same. */
export function unmetLimits(clock: Clock): RateLimits {
  const counter = { add: async (_: string, calls: number) => ({ total: calls, endsInMs: 60_000 }) };
  return new RateLimits({ counter, clock }, highLimits);
}
