/** Priorities overtake within bounds, and nothing starves. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { headStartMs, type Priority, rankOf } from "../../src/generations/priority.ts";

const priority = fc.constantFrom(...(Object.keys(headStartMs) as Priority[]));
const createdAt = fc.date({ min: new Date(0), max: new Date(1e12), noInvalidDate: true });
const spanMs = headStartMs.high - headStartMs.low;

test("a job that is older than any head start goes first, whatever the priorities", () => {
  fc.assert(
    fc.property(createdAt, priority, priority, fc.integer({ min: 1, max: 1e9 }), (at, a, b, ms) => {
      const older = rankOf({ createdAt: at, priority: a });
      const later = new Date(at.getTime() + spanMs + ms);
      expect(older.getTime()).toBeLessThan(rankOf({ createdAt: later, priority: b }).getTime());
    }),
  );
});

test("of two that come together the more urgent goes first", () => {
  fc.assert(
    fc.property(createdAt, (at) => {
      const ranks = (["high", "normal", "low"] as const).map((each) =>
        rankOf({ createdAt: at, priority: each }).getTime(),
      );
      expect(ranks).toEqual([...ranks].sort((a, b) => a - b));
      expect(new Set(ranks).size).toBe(3);
    }),
  );
});
