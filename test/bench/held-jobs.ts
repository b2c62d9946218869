/** Jobs of ours that run in another process until they are cancelled, in the hands of a measurement. */
import type { Job } from "../../src/generations/job.ts";
import type { HoldEvent } from "./measures/hold.ts";
import { start } from "./processes.ts";
import type { QueueOptions } from "./queues/queue.ts";
import { newJob, type OpenStore, openStore } from "./service.ts";

export interface HeldJobs {
  readonly store: OpenStore;
  /** Creates a job and waits until its attempt begins. */
  begin(organization: string): Promise<Job>;
  create(organization: string): Promise<Job>;
  cancel(job: Job): Promise<void>;
  /** When the next such event of the organization came, in milliseconds of the monotonic clock. */
  next(kind: "begun" | "stopped", organization: string): Promise<number>;
  /** Ends the worker, and drops the database unless as a guest. */
  close(): Promise<void>;
}

/** Starts the other process. */
export async function holdJobs(options: QueueOptions, jobsAtOnce: number): Promise<HeldJobs> {
  const store = await openStore(options.url, options.name);
  const waiting = new Map<string, (at: number) => void>();
  const ready = Promise.withResolvers<void>();
  const worker = start("hold", { ...options, jobsAtOnce }, (event: HoldEvent) => {
    if (event.kind === "ready") ready.resolve();
    else waiting.get(`${event.kind} ${event.organization}`)?.(event.at);
  });
  worker.result.catch((error: unknown) => ready.reject(error));
  await ready.promise;
  const next = (kind: "begun" | "stopped", organization: string) =>
    new Promise<number>((resolve) => waiting.set(`${kind} ${organization}`, resolve));
  const create = (organization: string) => {
    const job = newJob(organization);
    return store.jobs.create({ ...job, request: { ...job.request, title: organization } });
  };
  return {
    store,
    next,
    create,
    async begin(organization) {
      const begun = next("begun", organization);
      const job = await create(organization);
      await begun;
      return job;
    },
    async cancel({ organizationId, userId, id }) {
      await store.jobs.requestCancel({ organizationId, userId }, id);
    },
    async close() {
      worker.process.kill("SIGKILL");
      await store.close(options.isGuest);
    },
  };
}
