/** A job on its way: its place in the line, how far it is, how long it may take, and the way to stop it. */
import type { Job } from "../model.ts";
import { barHeights } from "../studio/bars.ts";
import type { Studio } from "../studio/studio.ts";
import { capital, estimateText, ordinal, placeText, waitText } from "../studio/words.ts";
import { useNow } from "./use-now.ts";

interface MakingProps {
  readonly job: Job;
  readonly studio: Studio;
  readonly cancelling: boolean;
}

/** Laid out as the player, which comes in its place. */
export function Making({ job, studio, cancelling }: MakingProps) {
  const stopping = cancelling || job.cancel_requested_at !== null;
  const now = useNow();
  const estimate = stopping ? null : (estimateText(job, now) ?? waitText(job));
  return (
    <>
      <div class="player">
        <div class="player-row">
          <p class="gauge" aria-hidden="true">
            {job.status === "running" ? `${job.progress}%` : place(job)}
          </p>
          <Progress job={job} />
        </div>
        <div class="under making-line">
          <p class="doing" role="status">
            {stopping ? "Stopping at the next safe point…" : doing(job)}
          </p>
          <p class="estimate">{estimate}</p>
        </div>
      </div>
      <div class="actions">
        <button
          type="button"
          aria-disabled={stopping}
          onClick={() => stopping || studio.cancel(job.id)}
        >
          {stopping ? "Stopping…" : "Cancel"}
        </button>
      </div>
    </>
  );
}

function Progress({ job: { id, progress, status } }: { readonly job: Job }) {
  const heights = barHeights(id);
  return (
    <div
      class="bars"
      role="progressbar"
      aria-label="Progress"
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={progress}
      data-status={status}
    >
      {heights.map((height, n) => (
        <i
          key={n}
          data-done={(n + 0.5) / heights.length < progress / 100}
          style={{ height: `${Math.round(height * 100)}%` }}
        />
      ))}
    </div>
  );
}

function place({ queue }: Job): string {
  const position = queue?.position ?? null;
  return position === null ? "…" : ordinal(position);
}

function doing(job: Job): string {
  if (job.status === "queued") return placeText(job) ?? "Waiting for a worker";
  return job.progress_message ?? (job.phase === null ? "Beginning" : capital(job.phase));
}
