/** graphile-worker with the batching that its page on performance measures: best for tiny jobs. */
import { openWith } from "./graphile-worker.ts";
import type { Queue, QueueOptions } from "./queue.ts";

export function open(options: QueueOptions): Promise<Queue> {
  return openWith(options, {
    localQueue: { size: 500 },
    completeJobBatchDelay: 0,
    failJobBatchDelay: 0,
  });
}
