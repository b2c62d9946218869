/** SECURITY.md holds what it says: each test that it names is there, under that name, and so is each source. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const root = join(import.meta.dirname, "..");
const page = readFileSync(join(root, "SECURITY.md"), "utf8");
const table = /<!-- threats[^\n]*\n([\s\S]*?)<!-- \/threats -->/.exec(page)?.[1] ?? "";
const rows = table
  .trim()
  .split("\n")
  .slice(2)
  .map((line) => line.split("|").map((cell) => cell.trim()));

it("is a table of threats", () => {
  expect(rows.length).toBeGreaterThan(20);
  for (const row of rows) expect(row).toHaveLength(5);
});

it.each(rows.map(([, threat = "", met = "", shown = ""]) => [threat, met, shown]))(
  "%s",
  (_threat, met, shown) => {
    const tests = [...shown.matchAll(/`(test\/[^`]+)`: "([^"]+)"/g)];
    // Nothing else stands in the cell: a name with a typing error would not be found above.
    expect(tests.map(([all]) => all).join("; ")).toBe(shown);
    for (const [, file = "", name = ""] of tests) {
      const text = readFileSync(join(root, file), "utf8");
      expect([file, name, text.includes(`"${name}"`)]).toEqual([file, name, true]);
    }
    for (const [, source = ""] of met.matchAll(/`(src\/[^`]+)`/g)) {
      expect([source, existsSync(join(root, source))]).toEqual([source, true]);
    }
  },
);
