/** pg-boss with its own cap: at most 4 jobs of a group at once, across processes. */
import { openWith } from "./pg-boss.ts";
import type { Queue, QueueOptions } from "./queue.ts";

export function open(options: QueueOptions): Promise<Queue> {
  return openWith(options, { groupConcurrency: 4 });
}
