/**
 * Agenda with a cap of 4 for each organization, in the way that it has for it: a job name for each, with a
 * concurrency of its own. It holds in one process; across processes Agenda has no cap.
 */
import { openWith } from "./agenda.ts";
import { organizationOf, organizations, type Queue, type QueueOptions } from "./queue.ts";

const cap = 4;

const definitions = Array.from({ length: organizations }, (_, n) => ({
  jobName: `generate for ${organizationOf(n)}`,
  concurrency: cap,
}));

/** Polls often, and locks no more than may run: the best of what was tried (19 to 390 a second with others). */
export function open(options: QueueOptions): Promise<Queue> {
  return openWith(options, { processEvery: 100, defaultLockLimit: cap }, definitions);
}
