/** Schemathesis, which makes requests of its own from the document, and finds nothing to complain of. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { startWorld } from "../conformance/world.ts";
import { has } from "../examples/tools.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const settings = join(import.meta.dirname, "schemathesis.toml");

it("is what schemathesis takes it for (skipped where it is not installed)", {
  timeout: 600_000,
}, async ({ skip }) => {
  if (!has("schemathesis", "--version")) skip("schemathesis is not installed");
  const world = await startWorld({
    settings: { KEY_CALLS_PER_MINUTE: "1000000", ORGANIZATION_CALLS_PER_MINUTE: "1000000" },
  });
  const key = await world.newKey("org_documented", "user_documented");
  // In the document's own spelling, or it does not see that this is the key.
  const header = ["--header", `X-API-Key: ${key}`];
  const args = ["--config-file", settings, "run", `${world.endpoints.url}/openapi.json`, ...header];
  // It keeps what it found in the folder that it runs in.
  const run = promisify(execFile)("schemathesis", args, { cwd: await temporaryFolder() });
  const { code, stdout } = await run.then(
    (ended) => ({ code: 0, ...ended }),
    (failed: { code: number; stdout: string }) => failed,
  );
  expect(code, stdout).toBe(0);
  // A document or a key that it cannot use would make it pass with a warning.
  expect(stdout).toMatch(/Selected: [1-9]/);
  expect(stdout).not.toContain("Authentication failed");
});
