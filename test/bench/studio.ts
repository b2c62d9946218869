/**
 * How fast the studio is, and how much memory it takes: pieces made by the engine as a worker runs it,
 * each length in a process of its own. CPU time stands beside wall time, since other work on the machine
 * stretches only the latter.
 *
 *     node test/bench/studio.ts --threads 2 --seconds 60,600
 */
import { spawnSync } from "node:child_process";
import { parseArgs } from "node:util";
import { createStudioEngine } from "../../src/engines/studio.ts";
import { nowMs } from "./clock.ts";
import { makePiece } from "./studio-piece.ts";

const { values } = parseArgs({
  options: {
    threads: { type: "string", default: "2" },
    seconds: { type: "string", default: "60,600" },
    prompt: { type: "string", default: "rainy lofi" },
    one: { type: "boolean", default: false },
  },
});

/** Makes a short piece to warm up, then the one that is measured. */
async function measure(seconds: number): Promise<void> {
  const engine = createStudioEngine({ threads: Number(values.threads) });
  await engine.start();
  await makePiece(engine, { prompt: values.prompt, seconds: 10 });
  const cpu = process.cpuUsage();
  const begun = nowMs();
  const { kind } = await makePiece(engine, { prompt: values.prompt, seconds });
  if (kind !== "finished") throw new Error(kind);
  const wall = (nowMs() - begun) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  await engine.stop();
  const megabytes = process.resourceUsage().maxRSS / 1024;
  const spent = (user + system) / 1e6;
  process.stdout.write(
    `${seconds} s, ${values.threads} threads: ${wall.toFixed(1)} s (${(seconds / wall).toFixed(1)} x), ` +
      `CPU ${spent.toFixed(1)} s (${(seconds / spent).toFixed(1)} x), peak ${megabytes.toFixed(0)} MB\n`,
  );
}

const lengths = values.seconds.split(",");
if (values.one) await measure(Number(lengths[0]));
else {
  for (const seconds of lengths) {
    const args = [import.meta.filename, "--one", "--seconds", seconds];
    args.push("--threads", values.threads, "--prompt", values.prompt);
    spawnSync(process.execPath, args, { stdio: "inherit" });
  }
}
