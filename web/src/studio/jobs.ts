/** The jobs as far as they are known: of two states of one job the newer one stays. */
import { isActive, type Job } from "../model.ts";
import type { Jobs } from "./library.ts";

/**
 * What is known after `fresh` has come. Lists have no track, link or place in the line, and a watch has no
 * estimate of a running job, so what the same state had of these stays.
 */
export function merged(known: Job | undefined, fresh: Job): Job {
  if (known === undefined) return fresh;
  if (fresh.version < known.version) return known;
  const sameStatus = known.status === fresh.status;
  return {
    ...fresh,
    track: fresh.track ?? known.track,
    playback_url: fresh.playback_url ?? known.playback_url,
    interpretation: fresh.interpretation ?? known.interpretation,
    queue: isActive(fresh) && sameStatus ? (fresh.queue ?? known.queue) : fresh.queue,
  };
}

export function withJobs(jobs: Jobs, fresh: readonly Job[]): Jobs {
  const all = new Map(jobs);
  for (const job of fresh) all.set(job.id, merged(all.get(job.id), job));
  return all;
}

export function without(jobs: Jobs, id: string): Jobs {
  const rest = new Map(jobs);
  rest.delete(id);
  return rest;
}
