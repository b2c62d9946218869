/** Music Generations itself. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Worker } from "../../../src/worker/worker.ts";
import { insertMany, newJob, openStore, startWorker } from "../service.ts";
import { organizationOf, type Queue, type QueueOptions } from "./queue.ts";

export async function open({ url, name, isGuest }: QueueOptions): Promise<Queue> {
  const store = await openStore(url, name);
  const folder = await mkdtemp(join(tmpdir(), "mgb-work-"));
  let worker: Worker | null = null;
  let created = 0;
  return {
    fill: (count) =>
      insertMany(store, count, (n) => ({ org: organizationOf(n), createdAt: new Date() })),
    create: async () => void (await store.jobs.create(newJob(organizationOf(created++)))),
    work: async (onJob) => {
      worker = await startWorker(store, folder, onJob);
    },
    pending: () =>
      store.database.jobs.countDocuments(
        { phase: { $in: ["waiting", "running"] } },
        { hint: "overdue" },
      ),
    close: async () => {
      await worker?.stop();
      await store.close(isGuest);
      await rm(folder, { recursive: true, force: true });
    },
  };
}
