/** The track that a request wants to continue: whether it is the caller's own, and fit for its engine. */
import type { CallBounds } from "../generations/call-bounds.ts";
import { refuseViolations } from "../generations/failures.ts";
import type { Job } from "../generations/job.ts";
import type { JobStore, NewJob } from "../generations/job-store.ts";

type Store = Pick<JobStore, "findByTrack" | "findRepeat">;

/**
 * Refuses a new job whose seed track cannot be continued. One that only repeats an earlier call is not
 * judged again: its seed track may be gone by now.
 * @throws ServiceError validation_error
 */
export async function checkSeedTrack(store: Store, job: NewJob, bounds: CallBounds): Promise<void> {
  const { seedTrackId } = job.request;
  if (seedTrackId === null) return;
  const found = await store.findByTrack(job, seedTrackId, bounds);
  const fault = faultOf(found?.track ?? null, job.engine);
  if (fault === null || (await store.findRepeat(job, bounds)) !== null) return;
  refuseViolations([{ field: "seed_track_id", ...fault }]);
}

/** The same for one that never existed as for another caller's. */
function faultOf(track: Job["track"], engine: string) {
  if (track === null) {
    return { rule: "seed_track.known", message: "must be the id of a track of yours" };
  }
  if (track.engine === engine && track.extras.some(({ kind }) => kind === "continuation")) {
    return null;
  }
  const message = `the track cannot be continued by the engine ${engine}`;
  return { rule: "seed_track.engine", message };
}
