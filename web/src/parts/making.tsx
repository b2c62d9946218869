/** A job on its way: its place in the line, how far it is, how long it may take, and the way to stop it. */
import type { Job } from "../model.ts";
import type { Studio } from "../studio/studio.ts";
import { capital, estimateText, placeText, waitText } from "../studio/words.ts";
import { useNow } from "./use-now.ts";

interface MakingProps {
  readonly job: Job;
  readonly studio: Studio;
  readonly cancelling: boolean;
}

export function Making({ job, studio, cancelling }: MakingProps) {
  const stopping = cancelling || job.cancel_requested_at !== null;
  const now = useNow();
  return (
    <div class="making">
      <div
        class="bar"
        role="progressbar"
        aria-label="Progress"
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={job.progress}
        data-waiting={job.status === "queued"}
      >
        <div style={{ transform: `scaleX(${job.progress / 100})` }} />
      </div>
      <div class="making-line">
        <p class="doing" role="status">
          {stopping ? "Stopping at the next safe point…" : doing(job)}
        </p>
        <p class="number" aria-hidden="true">
          {job.status === "running" ? `${job.progress} %` : ""}
        </p>
      </div>
      <p class="estimate">{stopping ? "" : (estimateText(job, now) ?? waitText(job) ?? "")}</p>
      <div class="actions">
        <button
          type="button"
          aria-disabled={stopping}
          onClick={() => stopping || studio.cancel(job.id)}
        >
          {stopping ? "Stopping…" : "Cancel"}
        </button>
      </div>
    </div>
  );
}

function doing(job: Job): string {
  if (job.status === "queued") return placeText(job) ?? "Waiting for a worker";
  return job.progress_message ?? (job.phase === null ? "Beginning" : capital(job.phase));
}
