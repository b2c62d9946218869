/** The shared counter over a real database: sums, windows and races. */
import { expect, it } from "vitest";
import { RateLimit } from "../../src/api/rate-limit.ts";
import { systemClock } from "../../src/base/clock.ts";
import { createRateCounter } from "../../src/store/rate-counter.ts";
import { openTestStore } from "../support/store.ts";

const { database } = await openTestStore();
const counterOf = (seconds?: number) => createRateCounter(database, systemClock, 20_000, seconds);

it("adds up what all processes count", async () => {
  const [one, other] = [counterOf(), counterOf()];
  expect((await one.add("a", 5)).total).toBe(5);
  expect((await other.add("a", 7)).total).toBe(12);
  const { total, endsInMs } = await one.add("a", 1);
  expect(total).toBe(13);
  expect(endsInMs).toBeGreaterThan(0);
  expect(endsInMs).toBeLessThanOrEqual(60_000);
  expect((await one.add("b", 1)).total).toBe(1);
});

it("loses none of those that begin a window together", async () => {
  const counters = Array.from({ length: 8 }, () => counterOf());
  const adds = Array.from({ length: 64 }, (_, n) => counters[n % 8]?.add("race", 1));
  const totals = (await Promise.all(adds)).map((sum) => sum?.total ?? 0);
  expect(Math.max(...totals)).toBe(64);
});

it("begins a new window when one is over, whether or not the server has removed it", async () => {
  const counter = counterOf(1);
  await counter.add("short", 50);
  await expect
    .poll(async () => (await counter.add("short", 1)).total, { timeout: 20_000, interval: 100 })
    .toBe(1);
});

it("the server removes windows that are over", async () => {
  const indexes = await database.db.collection("rate_counters").indexes();
  expect(indexes).toContainEqual(
    expect.objectContaining({ key: { expire: 1 }, expireAfterSeconds: 0 }),
  );
});

it("processes that share it let in the limit, and at most a twentieth more for each", async () => {
  const limits = [1, 2, 3].map(
    () => new RateLimit({ counter: counterOf(3_600), clock: systemClock }, "key:"),
  );
  const calls = Array.from({ length: 900 }, (_, n) => (limits[n % 3] as RateLimit).take("a", 300));
  const admitted = (await Promise.all(calls)).filter(({ isExceeded }) => !isExceeded);
  expect(admitted.length).toBeGreaterThanOrEqual(300);
  expect(admitted.length).toBeLessThanOrEqual(345);
});
