/** The committed document: current, and clean under a strict linter. */
import { readFileSync } from "node:fs";
import { createConfig, lintFromString } from "@redocly/openapi-core";
import { expect, it } from "vitest";
import { composeOpenApi, openApiText } from "../../src/compose-openapi.ts";
import { documentFile } from "./document.ts";

const text = readFileSync(documentFile, "utf8");

it("is what the protos and the error table say now", () => {
  const isCurrent = openApiText(composeOpenApi()) === text;
  expect(isCurrent, "gen/openapi.json is stale: npm run generate").toBe(true);
});

/** What Redocly's strictest rules find, as `rule at pointer`. */
async function lint(source: string): Promise<string[]> {
  const config = await createConfig({
    extends: ["recommended-strict"],
    rules: {
      // Answers may grow, so what a schema does not name is no mistake of an example.
      "no-invalid-media-type-examples": { severity: "error", allowAdditionalProperties: true },
    },
  });
  const problems = await lintFromString({ source, absoluteRef: documentFile.pathname, config });
  return problems.map(({ ruleId, location }) => `${ruleId} at ${location[0]?.pointer}`);
}

it("is clean under Redocly's strict rules, which do find what is wrong", async () => {
  expect(await lint(text)).toEqual([]);
  const broken = text.replace('"duration_seconds": 30', '"duration_seconds": "30"');
  expect(await lint(broken)).toEqual([
    expect.stringMatching(/^no-invalid-media-type-examples at .*\/example\/duration_seconds$/),
  ]);
});
