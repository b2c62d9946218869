/** The rate limit of several processes over one counter, on a clock that the test moves. */
import { describe, expect, it } from "vitest";
import { RateLimit } from "../../src/api/rate-limit.ts";
import type { Clock } from "../../src/base/clock.ts";
import { rateWindowSeconds, type SharedCounter } from "../../src/generations/limits.ts";

const windowMs = rateWindowSeconds * 1_000;

class HandClock implements Clock {
  ms = 0;
  now = () => new Date(this.ms);
  monotonicMs = () => this.ms;
  sleep = () => Promise.reject(new Error("nobody sleeps here"));
}

/** As the database counts, but in memory and by the same clock. */
class Counter implements SharedCounter {
  readonly adds: number[] = [];
  readonly #clock: HandClock;
  readonly #windows = new Map<string, { total: number; endsAt: number }>();
  /** What an answer waits for. */
  gate: Promise<void> = Promise.resolve();
  isAway = false;

  constructor(clock: HandClock) {
    this.#clock = clock;
  }

  async add(name: string, calls: number) {
    this.adds.push(calls);
    await this.gate;
    if (this.isAway) throw new Error("away");
    const found = this.#windows.get(name);
    const isOver = found === undefined || found.endsAt <= this.#clock.ms;
    const window = isOver ? { total: 0, endsAt: this.#clock.ms + windowMs } : found;
    window.total += calls;
    this.#windows.set(name, window);
    return { total: window.total, endsInMs: window.endsAt - this.#clock.ms };
  }
}

function setUp(processes = 1) {
  const clock = new HandClock();
  const counter = new Counter(clock);
  const all = Array.from({ length: processes }, () => new RateLimit({ counter, clock }, "key:"));
  return { clock, counter, all, one: all[0] as RateLimit };
}

/** How many of `calls` are let in. */
async function admitted(rates: readonly RateLimit[], calls: number, limit: number) {
  let count = 0;
  for (let n = 0; n < calls; n += 1) {
    const rate = rates[n % rates.length] as RateLimit;
    if (!(await rate.take("a", limit)).isExceeded) count += 1;
  }
  return count;
}

describe("one process", () => {
  it("lets in exactly the limit in each window, and says where the caller stands", async () => {
    const { one, clock } = setUp();
    const standings = [];
    for (let n = 0; n < 4; n += 1) standings.push(await one.take("a", 3));
    expect(standings.map(({ remaining }) => remaining)).toEqual([2, 1, 0, 0]);
    expect(standings.map(({ isExceeded }) => isExceeded)).toEqual([false, false, false, true]);
    clock.ms += windowMs - 1_500;
    expect(await one.take("a", 3)).toMatchObject({ isExceeded: true, resetSeconds: 2 });
    clock.ms += 1_500;
    expect(await one.take("a", 3)).toMatchObject({ isExceeded: false, remaining: 2 });
  });

  it("lets in exactly the limit of calls that come at once", async () => {
    const { one } = setUp();
    const standings = await Promise.all(Array.from({ length: 500 }, () => one.take("a", 100)));
    expect(standings.filter(({ isExceeded }) => !isExceeded)).toHaveLength(100);
  });

  it("keeps callers apart", async () => {
    const { one } = setUp();
    expect((await one.take("a", 1)).isExceeded).toBe(false);
    expect((await one.take("b", 1)).isExceeded).toBe(false);
    expect((await one.take("a", 1)).isExceeded).toBe(true);
  });

  it("heeds a limit that changes in the middle of a window", async () => {
    const { one } = setUp();
    expect(await admitted([one], 10, 3)).toBe(3);
    expect(await admitted([one], 10, 8)).toBe(5);
    expect(await admitted([one], 10, 2)).toBe(0);
  });

  it("tells the counter of many calls at once, and nothing of refused ones", async () => {
    const { one, counter } = setUp();
    await admitted([one], 3_000, 2_000);
    expect(counter.adds).toEqual(Array.from({ length: 40 }, () => 50));
  });
});

describe("several processes", () => {
  it.each([2, 3, 8])("%i let in the limit and at most a twentieth more for each", async (count) => {
    const { all } = setUp(count);
    const limit = 1_000;
    const found = await admitted(all, 3 * limit, limit);
    expect(found).toBeGreaterThanOrEqual(limit);
    expect(found).toBeLessThanOrEqual(limit + (count * limit) / 20);
  });

  it("hold to that when the counter is slow: a call waits rather than to be untold", async () => {
    const { all, counter } = setUp(2);
    const answer = Promise.withResolvers<void>();
    counter.gate = answer.promise;
    const limit = 200;
    let early = 0;
    const calls = Array.from({ length: 600 }, async (_, n) => {
      const standing = await (all[n % 2] as RateLimit).take("a", limit);
      early += 1;
      return standing;
    });
    await new Promise((resolve) => setImmediate(resolve));
    // A share of ten for each, though the limit is far.
    expect(early).toBe(20);
    answer.resolve();
    const admittedCalls = (await Promise.all(calls)).filter(({ isExceeded }) => !isExceeded);
    expect(admittedCalls.length).toBeGreaterThanOrEqual(limit);
    expect(admittedCalls.length).toBeLessThanOrEqual(limit + 20);
  });

  it("share the end of a window", async () => {
    const { all, clock } = setUp(2);
    const [first, second] = all as [RateLimit, RateLimit];
    await admitted([first], 10, 10);
    clock.ms += 40_000;
    // It learns of the ten by its own first call.
    await second.take("a", 10);
    expect(await second.take("a", 10)).toMatchObject({ isExceeded: true, resetSeconds: 20 });
    clock.ms += 20_000;
    expect((await second.take("a", 10)).isExceeded).toBe(false);
  });
});

it("while the database is away each process counts for itself", async () => {
  const { all, counter } = setUp(2);
  counter.isAway = true;
  const [first, second] = all as [RateLimit, RateLimit];
  expect(await admitted([first], 100, 40)).toBe(40);
  expect(await admitted([second], 100, 40)).toBe(40);
});
