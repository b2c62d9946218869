/** The system's source: of the lengths asked for, and nothing of it twice. */
import { expect, it } from "vitest";
import { systemRandom } from "../../src/base/random.ts";

it.each([1, 4, 12, 16, 17, 32, 5_000])("%d bytes are twice as many digits", (length) => {
  expect(systemRandom.hex(length)).toMatch(new RegExp(`^[0-9a-f]{${2 * length}}$`));
});

it("what was drawn ahead is given out once", () => {
  // Of several lengths, so that it ends in the middle of what was drawn, over and over.
  const drawn = Array.from({ length: 20_000 }, (_, i) => systemRandom.hex(12 + (i % 5)));
  expect(new Set(drawn.map((each) => each.slice(0, 24))).size).toBe(drawn.length);
  const digits = Map.groupBy(drawn.join(""), (digit) => digit);
  const most = Math.max(...[...digits.values()].map(({ length }) => length));
  const least = Math.min(...[...digits.values()].map(({ length }) => length));
  expect(digits.size).toBe(16);
  expect(least / most).toBeGreaterThan(0.9);
});

it("numbers are in [0, 1)", () => {
  for (let i = 0; i < 1_000; i++) {
    const number = systemRandom.uniform();
    expect(number >= 0 && number < 1).toBe(true);
  }
});
