/** Agenda with 64 jobs at once and all else as it comes: it looks every 5 s and locks all it finds. */
import { openWith } from "./agenda.ts";
import type { Queue, QueueOptions } from "./queue.ts";

export function open(options: QueueOptions): Promise<Queue> {
  return openWith(options, {});
}
