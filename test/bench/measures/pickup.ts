/** From a create's acknowledgement to the begin of its attempt in another process that idles. */
import { nowMs, sleep } from "../clock.ts";
import { start } from "../processes.ts";
import { type OpenOptions, openQueue } from "../queues/index.ts";
import type { Begun } from "./work.ts";

export interface PickupOptions extends OpenOptions {
  readonly jobs: number;
}

/** The milliseconds of each; 0 for an attempt that began before the acknowledgement arrived. */
export async function run({ jobs, ...options }: PickupOptions): Promise<number[]> {
  const queue = await openQueue(options);
  let next = Promise.withResolvers<Begun>();
  const worker = start("work", options, (begun: Begun) => next.resolve(begun));
  worker.result.catch((error: unknown) => next.reject(error));
  try {
    await next.promise;
    // Its first looks are over.
    await sleep(2_000);
    const waits: number[] = [];
    for (let n = 0; n < jobs; n++) {
      next = Promise.withResolvers();
      await queue.create();
      const acknowledgedAt = nowMs();
      const begunAt = await next.promise;
      waits.push(Math.max(0, (begunAt ?? 0) - acknowledgedAt));
      await sleep(20 + 30 * Math.random());
    }
    return waits;
  } finally {
    worker.process.kill("SIGKILL");
    await queue.close();
  }
}
