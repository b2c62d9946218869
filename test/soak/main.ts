/** `npm run soak`: the soak and the long form of the protocol's random tests. Exit 1 on any fault. */
import { spawnSync } from "node:child_process";
import { Command } from "commander";
import { soak } from "./soak.ts";

const say = (line: string) => void process.stdout.write(`${line}\n`);

const options = new Command("soak")
  .option("--jobs <count>", "jobs to create", Number, 2_000)
  .option(
    "--minutes <minutes>",
    "no jobs are created after so long",
    Number,
    Number.POSITIVE_INFINITY,
  )
  .option("--apis <count>", "API processes", Number, 2)
  .option("--workers <count>", "worker processes", Number, 3)
  .option("--clients <count>", "clients at a time", Number, 24)
  .option("--bystanders <count>", "callers at a time that only read, watch and err", Number, 8)
  .option("--blow-every <seconds>", "the longest time between two kills", Number, 6)
  .option("--fc-runs <count>", "runs of the model-based test; 0 for none", Number, 1_500)
  .option("--race-runs <count>", "runs of each race", Number, 40)
  .parse()
  .opts();

const { faults, ...figures } = await soak({
  jobs: options["jobs"],
  minutes: options["minutes"],
  apis: options["apis"],
  workers: options["workers"],
  clients: options["clients"],
  bystanders: options["bystanders"],
  blowEveryMs: options["blowEvery"] * 1_000,
  report: say,
});
say(JSON.stringify(figures, null, 2));
for (const fault of faults) say(`FAULT ${fault}`);
say(`${faults.length} faults`);
let ok = faults.length === 0;

if (options["fcRuns"] > 0) {
  const env = {
    ...process.env,
    FC_RUNS: String(options["fcRuns"]),
    RACE_RUNS: String(options["raceRuns"]),
  };
  const { status } = spawnSync("vitest", ["run", "test/store/protocol"], {
    env,
    stdio: "inherit",
  });
  ok &&= status === 0;
}
process.exitCode = ok ? 0 : 1;
