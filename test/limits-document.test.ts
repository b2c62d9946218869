/** `docs/limits.md` is what the code says. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { limitsText } from "../src/compose-limits.ts";

const text = readFileSync(join(import.meta.dirname, "../docs/limits.md"), "utf8");

it("the table of limits is current", () => {
  expect(limitsText() === text, "docs/limits.md is stale: npm run generate").toBe(true);
});

it.each(["`prompt` | 4,000 characters", "`style_tags` | 32 items of 64 characters"])(
  "it has the fields of requests: %s",
  (row) => {
    expect(text).toContain(`| ${row} |`);
  },
);
