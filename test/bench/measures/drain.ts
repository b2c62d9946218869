/** Fills a queue, then times one worker until nothing is left. */
import { nowMs, sleep } from "../clock.ts";
import { type OpenOptions, openQueue } from "../queues/index.ts";

export interface DrainOptions extends OpenOptions {
  readonly jobs: number;
}

/** Jobs a second, from the start of the worker to the last completion written. */
export async function run({ jobs, ...options }: DrainOptions): Promise<number> {
  const queue = await openQueue(options);
  try {
    await queue.fill(jobs);
    let begun = 0;
    const allBegun = Promise.withResolvers<void>();
    const startedAt = nowMs();
    await queue.work(() => {
      if (++begun === jobs) allBegun.resolve();
    });
    await allBegun.promise;
    while ((await queue.pending()) > 0) await sleep(2);
    return (jobs * 1_000) / (nowMs() - startedAt);
  } finally {
    await queue.close();
  }
}
