/** Tests use real parts and two cores, so files run two at a time, each in a process of its own. */
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/bench/**", "node_modules/**"],
    globalSetup: ["test/support/mongo-global.ts"],
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // A poll ends when what it waits for has come; the limit is for a broken program, on a busy machine.
    expect: { poll: { timeout: 20_000 } },
  },
});
