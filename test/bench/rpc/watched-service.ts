/**
 * The service of `watchers.ts`, in a process of its own (`node --expose-gc`): it serves and runs no jobs, and tells
 * its memory and its CPU time whenever it is asked.
 */
import { pino } from "pino";
import { readConfig } from "../../../src/base/config.ts";
import { createServiceProcess } from "../../../src/compose.ts";

export interface Usage {
  /** Of live objects and of what they hold outside the heap, in bytes, after a collection. */
  readonly live: number;
  readonly rss: number;
  readonly cpuMicroseconds: number;
}

const log = pino({ level: process.env["BENCH_LOG"] ?? "silent" });
const service = createServiceProcess(
  readConfig(process.env),
  { log, onFatal: () => process.exit(1) },
  "api",
);
await service.start();

async function usage(): Promise<Usage> {
  // Twice: what the first collection finalizes, only the second one frees.
  globalThis.gc?.();
  await new Promise((resolve) => setTimeout(resolve, 100));
  globalThis.gc?.();
  const { heapUsed, external, rss } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  return { live: heapUsed + external, rss, cpuMicroseconds: user + system };
}

process.on("message", async () => process.send?.(await usage()));
process.on("disconnect", () => void service.stop().finally(() => process.exit()));
process.send?.({ url: service.url, grpcAddress: service.grpcAddress });
