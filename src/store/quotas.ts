/** The quotas that a new job has to fit into, together. */
import type { Clock } from "../base/clock.ts";
import type { NewJob } from "../generations/job-store.ts";
import type { ServiceLimits } from "../generations/limits.ts";
import { AudioQuota } from "./audio-quota.ts";
import type { Database } from "./database.ts";
import type { JobDocument } from "./documents.ts";
import { QueueQuota } from "./queue-quota.ts";

/** What a new job has taken. */
export interface Taken {
  /** The job did not come to be. */
  undo(): Promise<void>;
  /** Whatever became of it is known now. */
  done(): void;
}

export interface Quotas {
  /** @throws ServiceError quota_exceeded */
  take(job: NewJob): Promise<Taken>;
  /** Called once for a job that was cancelled before it had begun. */
  cancelled(job: JobDocument): Promise<void>;
}

export type QuotaLimits = Pick<ServiceLimits, "queuedJobs" | "audioSecondsPerDay">;

/** The quotas by these defaults. */
export function createQuotas(database: Database, clock: Clock, limits: QuotaLimits): Quotas {
  const queue = new QueueQuota(database, clock, limits.queuedJobs);
  const audio = new AudioQuota(database, limits.audioSecondsPerDay);
  // What is not given back is used up until tomorrow; that is no reason to fail the call.
  const giveBack = (...what: Parameters<AudioQuota["giveBack"]>) =>
    audio.giveBack(...what).catch(() => undefined);
  return {
    async take({ organizationId, request: { durationSeconds } }) {
      const done = await queue.take(organizationId);
      try {
        await audio.take(organizationId, durationSeconds);
      } catch (error) {
        done();
        throw error;
      }
      return { undo: () => giveBack(organizationId, durationSeconds, "$$NOW"), done };
    },
    cancelled: ({ org, request, createdAt }) => giveBack(org, request.durationSeconds, createdAt),
  };
}
