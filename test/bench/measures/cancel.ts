/** From a cancel's acknowledgement to the abort signal of its attempt in another process. */
import { nowMs, sleep } from "../clock.ts";
import { holdJobs } from "../held-jobs.ts";
import type { QueueOptions } from "../queues/queue.ts";

export interface CancelOptions extends QueueOptions {
  readonly jobs: number;
}

/** The milliseconds of each; 0 for a signal that came before the acknowledgement arrived. */
export async function run({ jobs, ...options }: CancelOptions): Promise<number[]> {
  const held = await holdJobs(options, 64);
  try {
    const waits: number[] = [];
    for (let n = 0; n < jobs; n++) {
      const job = await held.begin(`org_${n}`);
      await sleep(20 + 30 * Math.random());
      const stopped = held.next("stopped", `org_${n}`);
      await held.cancel(job);
      const acknowledgedAt = nowMs();
      waits.push(Math.max(0, (await stopped) - acknowledgedAt));
    }
    return waits;
  } finally {
    await held.close();
  }
}
