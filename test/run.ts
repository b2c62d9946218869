/**
 * What `npm test` runs: the checks, then the tests, and one closing line `N passed, N failed`. All of
 * them run even when one fails, so that one look shows everything. With files or folders named, their tests
 * alone; with `--quick`, the checks and the tests that need no wait.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

interface Check {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
}

const checks: readonly Check[] = [
  { name: "types", command: ["tsc"] },
  { name: "types of the page", command: ["tsc", "-p", "web"] },
  { name: "lint and format", command: ["biome", "check", "--error-on-warnings", "."] },
  { name: "proto lint", command: ["buf", "lint"] },
  {
    name: "proto format",
    command: [
      "buf",
      "format",
      "--exit-code",
      "-d",
      "--path",
      "proto/music",
      "--path",
      "proto/gateway",
    ],
  },
  {
    name: "proto breaking changes",
    command: ["buf", "breaking", "--against", "proto/baseline.binpb"],
  },
];

/** For the inner loop, under two minutes: what starts no process but one mongod, and makes no long piece. */
const quickTests = [
  "test/architecture",
  "test/base/",
  "test/generations/",
  "test/gateway/",
  "test/policy/",
  "test/openapi/generator",
  "test/api/",
  "test/cli/text",
  "test/deploy/",
  "test/media/signer",
  "test/media/serve",
  "test/store/jobs",
  "test/store/claims",
  "test/store/settle",
  "test/studio/interpret",
  "test/worker/execution",
  "test/worker/leases",
];

let passed = 0;
let failed = 0;

function count(name: string, ok: boolean): void {
  console.log(`${ok ? "ok  " : "FAIL"} ${name}`);
  if (ok) passed += 1;
  else failed += 1;
}

function run([program, ...args]: Check["command"]): boolean {
  const { status, error } = spawnSync(program, args, { stdio: "inherit" });
  if (error) console.log(String(error.message));
  return status === 0;
}

/** The generated code is what the protos generate now; the OpenAPI document has a test of its own. */
function isGeneratedCodeCurrent(folder: string): boolean {
  const fresh = join(folder, "gen");
  if (!run(["buf", "generate", "--output", folder])) return false;
  return run(["diff", "-r", "-x", "openapi.json", "gen", fresh]);
}

/** Runs vitest and adds its tests to the count. */
function runTests(folder: string, files: readonly string[]): void {
  const report = join(folder, "report.json");
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  const ok = run(["vitest", "run", ...reporters, ...files]);
  try {
    const { numPassedTests, numFailedTests } = JSON.parse(readFileSync(report, "utf8"));
    passed += numPassedTests;
    failed += numFailedTests;
    // A file that cannot be loaded, or an error outside of any test, fails the run without a test.
    if (!ok && numFailedTests === 0) count("test run", false);
  } catch {
    count("test run", false);
  }
}

const folder = mkdtempSync(join(tmpdir(), "music-generations-test-run-"));
try {
  const files = process.argv.slice(2);
  const isQuick = files[0] === "--quick";
  if (files.length === 0 || isQuick) {
    for (const { name, command } of checks) count(name, run(command));
    if (!isQuick) count("generated code is current", isGeneratedCodeCurrent(folder));
  }
  runTests(folder, isQuick ? quickTests : files);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
