/** A worker process: says when it is ready and when each job begins, until its parent ends it. */
import { nowMs } from "../clock.ts";
import { type OpenOptions, openQueue } from "../queues/index.ts";

/** Milliseconds of the machine's monotonic clock at which a job began; null once it is ready. */
export type Begun = number | null;

export async function run(options: OpenOptions, report: (event: Begun) => void): Promise<never> {
  const queue = await openQueue({ ...options, isGuest: true });
  await queue.work(() => report(nowMs()));
  report(null);
  return new Promise(() => {});
}
