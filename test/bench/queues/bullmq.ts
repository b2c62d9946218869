/** BullMQ on a Redis that flushes every write before it is acknowledged. */
import { Queue as BullQueue, Worker } from "bullmq";
import {
  concurrency,
  inChunks,
  organizationOf,
  payload,
  type Queue,
  type QueueOptions,
} from "./queue.ts";

const jobName = "generate";

export async function open({ url, name, isGuest }: QueueOptions): Promise<Queue> {
  const connection = { path: url, maxRetriesPerRequest: null };
  const queue = new BullQueue(name, { connection });
  await queue.waitUntilReady();
  let worker: Worker | null = null;
  let created = 0;
  const data = (n: number) => ({ ...payload, organization: organizationOf(n) });
  return {
    fill: (count) =>
      inChunks(count, 1_000, (numbers) =>
        queue.addBulk(numbers.map((n) => ({ name: jobName, data: data(n) }))),
      ),
    create: async () => void (await queue.add(jobName, data(created++))),
    async work(onJob) {
      worker = new Worker(name, async () => onJob(), { connection, concurrency });
      await worker.waitUntilReady();
    },
    async pending() {
      const counts = await queue.getJobCounts("wait", "active", "prioritized", "delayed");
      return Object.values(counts).reduce((sum, each) => sum + each, 0);
    },
    async close() {
      await worker?.close();
      if (!isGuest) await queue.obliterate({ force: true });
      await queue.close();
    },
  };
}
