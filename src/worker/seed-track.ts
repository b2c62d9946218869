/** What an engine left with a track, for the attempt at a job that continues it. */
import { json } from "node:stream/consumers";
import type { ArtifactStore } from "../generations/artifacts.ts";
import type { Job } from "../generations/job.ts";
import type { JobStore } from "../generations/job-store.ts";
import { stored } from "./publication.ts";

/** The track was deleted after the job was created. */
export class SeedTrackGone extends Error {}

export interface SeedTrackPorts {
  readonly store: Pick<JobStore, "findByTrack">;
  readonly artifacts: Pick<ArtifactStore, "read">;
}

/**
 * The value, by the job's own scope; null for a job that continues nothing.
 * @throws SeedTrackGone, or StorageError when the artifact store fails
 */
export async function readContinuation(
  { store, artifacts }: SeedTrackPorts,
  job: Job,
): Promise<unknown> {
  const { seedTrackId } = job.request;
  if (seedTrackId === null) return null;
  const found = await store.findByTrack(job, seedTrackId);
  const extra = found?.track?.extras.find(({ kind }) => kind === "continuation");
  const bytes = extra === undefined ? null : await stored(artifacts.read(extra.artifact));
  if (bytes === null) throw new SeedTrackGone("the track to continue is gone");
  return await stored(json(bytes));
}
