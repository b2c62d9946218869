/** What mongod does while a worker process holds so many running jobs: the part of a core that it takes. */

import { nowMs, sleep } from "../clock.ts";
import { holdJobs } from "../held-jobs.ts";
import { cpuSeconds } from "../machine.ts";
import type { QueueOptions } from "../queues/queue.ts";
import { insertMany } from "../service.ts";

export interface HeartbeatsOptions extends QueueOptions {
  readonly jobs: number;
  readonly mongodPid: number;
  readonly seconds: number;
}

export interface Heartbeats {
  readonly idle: number;
  readonly running: number;
}

export async function run(options: HeartbeatsOptions): Promise<Heartbeats> {
  const { jobs, mongodPid, seconds } = options;
  const part = async () => {
    const [cpu, at] = [cpuSeconds(mongodPid), nowMs()];
    await sleep(seconds * 1_000);
    return (cpuSeconds(mongodPid) - cpu) / ((nowMs() - at) / 1_000);
  };
  const held = await holdJobs(options, jobs);
  try {
    const idle = await part();
    const { store } = held;
    await insertMany(store, jobs, (n) => ({ org: `org_${n % Math.ceil(jobs / 4)}` }));
    while ((await store.database.jobs.countDocuments({ phase: "running" })) < jobs)
      await sleep(200);
    await sleep(5_000);
    return { idle, running: await part() };
  } finally {
    await held.close();
  }
}
