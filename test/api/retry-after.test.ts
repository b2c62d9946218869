/** When to ask again: by the estimate, by the job's own progress, within bounds, and not after the end. */
import { expect, it } from "vitest";
import { retryAfterSeconds } from "../../src/api/retry-after.ts";
import type { Job } from "../../src/generations/job.ts";
import type { QueueFacts } from "../../src/generations/queue-facts.ts";

const now = new Date("2026-01-01T00:00:00Z");
const after = (seconds: number) => new Date(now.getTime() + seconds * 1000);

function job(change: Partial<Job> & { percent?: number } = {}): Job {
  const { percent = 0, ...rest } = change;
  const progress = { percent, phase: null, message: null };
  const running = { status: "running", phase: "running", cancel: null, startedAt: after(-10) };
  return { ...running, progress, ...rest } as Job;
}

function facts(seconds: number): QueueFacts {
  const estimatedEnd = { p50: after(seconds), p90: after(seconds * 2) };
  return { position: null, waitReason: null, estimatedStart: null, estimatedEnd };
}

it.each([
  ["the estimate", job({ percent: 50 }), facts(7.2), 8],
  ["its own progress, where there is no estimate", job({ percent: 25 }), null, 30],
  ["a little, while nothing is known", job(), null, 2],
  [
    "a little, while it waits and nothing is known",
    job({ phase: "waiting", percent: 50 }),
    null,
    2,
  ],
  ["a second at least", job(), facts(-3), 1],
  ["a minute at most", job(), facts(4_000), 60],
  [
    "a second, for one that is told to stop",
    job({ cancel: { requestedAt: now, observedAt: null, checkpoint: null } }),
    facts(40),
    1,
  ],
])("after %s", (_name, given, estimate, seconds) => {
  expect(retryAfterSeconds(given, estimate, now)).toBe(seconds);
});

it.each(["succeeded", "failed", "cancelled", "refused"] as const)("%s: never", (status) => {
  expect(retryAfterSeconds(job({ status, phase: "ended" }), null, now)).toBe(null);
});
