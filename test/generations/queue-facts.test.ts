/** The estimate's model: places, reasons, and times that follow from the work before a job. */
import { describe, expect, it } from "vitest";
import type { Job } from "../../src/generations/job.ts";
import { queueFactsOf, type Surroundings } from "../../src/generations/queue-facts.ts";

const now = new Date("2026-01-01T00:00:00Z");
const around: Surroundings = {
  now,
  ahead: { jobs: 0, seconds: 0 },
  running: { jobs: 0, seconds: 0 },
  cap: 2,
  capacity: 4,
  organizations: 1,
  pace: { p50: 100, p90: 200 },
};

function job(phase: Job["phase"], percent = 0): Job {
  return { phase, request: { durationSeconds: 60 }, progress: { percent } } as Job;
}

function seconds(date: Date | undefined): number | undefined {
  return date && (date.getTime() - now.getTime()) / 1000;
}

describe("a queued job", () => {
  it("that is next and has a free slot starts now", () => {
    const facts = queueFactsOf(job("waiting"), around);
    expect(facts).toMatchObject({ position: 1, waitReason: "behind_others" });
    expect(seconds(facts?.estimatedStart?.p90)).toBe(0);
    expect(seconds(facts?.estimatedEnd?.p50)).toBe(6);
    expect(seconds(facts?.estimatedEnd?.p90)).toBe(12);
  });

  it("behind others starts when the work before it is done by as many as may run", () => {
    const facts = queueFactsOf(job("waiting"), {
      ...around,
      ahead: { jobs: 3, seconds: 180 },
      running: { jobs: 2, seconds: 60 },
    });
    expect(facts).toMatchObject({ position: 4, waitReason: "cap" });
    expect(seconds(facts?.estimatedStart?.p50)).toBe(12);
    expect(seconds(facts?.estimatedEnd?.p50)).toBe(18);
  });

  it("waits longer when organizations share the workers", () => {
    const ahead = { jobs: 1, seconds: 100 };
    const alone = queueFactsOf(job("waiting"), { ...around, ahead });
    const crowded = queueFactsOf(job("waiting"), { ...around, ahead, organizations: 4 });
    expect(seconds(crowded?.estimatedStart?.p50)).toBe(
      2 * (seconds(alone?.estimatedStart?.p50) ?? 0),
    );
  });

  it("without a worker says so and promises nothing", () => {
    const facts = queueFactsOf(job("waiting"), { ...around, capacity: 0 });
    expect(facts).toMatchObject({
      waitReason: "no_worker",
      estimatedStart: null,
      estimatedEnd: null,
    });
  });

  it("without a known pace promises nothing", () => {
    expect(queueFactsOf(job("waiting"), { ...around, pace: null })).toMatchObject({
      estimatedStart: null,
      estimatedEnd: null,
    });
  });

  it("that backs off says so", () => {
    expect(queueFactsOf(job("backoff"), around)).toMatchObject({ waitReason: "backoff" });
  });
});

it("a running job has no place, and ends by what is left of it", () => {
  const facts = queueFactsOf(job("running", 50), around);
  expect(facts).toMatchObject({ position: null, waitReason: null, estimatedStart: null });
  expect(seconds(facts?.estimatedEnd?.p50)).toBe(3);
});

it("a job that has ended has none", () => {
  expect(queueFactsOf(job("ended"), around)).toBeNull();
});

it("estimates are round, within a tenth, so that they stay while nothing changes", () => {
  const endFrom = (atMs: number, work: number) =>
    queueFactsOf(job("waiting"), {
      ...around,
      now: new Date(now.getTime() + atMs),
      ahead: { jobs: 1, seconds: work },
    })?.estimatedEnd?.p50;
  for (const [work, laterMs] of [
    [10, 200],
    [5_000, 3_000],
    [100_000, 20_000],
    [1_000_000, 100_000],
  ] as const) {
    const first = endFrom(100, work);
    expect(endFrom(100 + laterMs, work)).toEqual(first);
    const exact = (work / 2 + 60) / 10 + 0.1;
    const late = (seconds(first) ?? 0) - exact;
    expect(late).toBeGreaterThanOrEqual(0);
    expect(late).toBeLessThanOrEqual(Math.max(1, exact / 10));
  }
});
