/** Fills a queue, then times one worker until nothing is left. */
import { nowMs, sleep } from "../clock.ts";
import { cpuSeconds } from "../machine.ts";
import { type OpenOptions, openQueue } from "../queues/index.ts";

export interface DrainOptions extends OpenOptions {
  readonly jobs: number;
  readonly serverPid: number;
}

export interface Drained {
  /** Jobs a second, from the start of the worker to the last completion written. */
  readonly rate: number;
  /** Microseconds of processor time for each job. */
  readonly server: number;
  readonly worker: number;
}

export async function run({ jobs, serverPid, ...options }: DrainOptions): Promise<Drained> {
  const queue = await openQueue(options);
  try {
    await queue.fill(jobs);
    let begun = 0;
    const allBegun = Promise.withResolvers<void>();
    const [server, worker] = [cpuSeconds(serverPid), process.cpuUsage()];
    const startedAt = nowMs();
    await queue.work(() => {
      if (++begun === jobs) allBegun.resolve();
    });
    await allBegun.promise;
    while ((await queue.pending()) > 0) await sleep(2);
    const seconds = (nowMs() - startedAt) / 1_000;
    const { user, system } = process.cpuUsage(worker);
    return {
      rate: jobs / seconds,
      server: ((cpuSeconds(serverPid) - server) * 1e6) / jobs,
      worker: (user + system) / jobs,
    };
  } finally {
    await queue.close();
  }
}
