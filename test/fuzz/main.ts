/** `npm run fuzz [seed]`: tens of thousands of inputs; without a seed, those of a new one, which it prints. */
import { spawnSync } from "node:child_process";
import { randomInt } from "node:crypto";

const [seed = String(randomInt(2 ** 31))] = process.argv.slice(2);
process.stdout.write(`seed ${seed}\n`);
const { status } = spawnSync("vitest", ["run", "test/fuzz"], {
  stdio: "inherit",
  env: { ...process.env, FUZZ_SEED: seed, FUZZ_RUNS: process.env["FUZZ_RUNS"] ?? "5000" },
});
process.exitCode = status ?? 1;
