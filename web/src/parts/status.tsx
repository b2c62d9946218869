/** Where a job is, in a word and a colour. */
import type { Job } from "../model.ts";

interface StatusProps {
  readonly job: Job;
  readonly cancelling?: boolean;
}

const words: Readonly<Record<Job["status"], string>> = {
  queued: "Waiting",
  running: "Making",
  succeeded: "Done",
  failed: "Failed",
  cancelled: "Cancelled",
  refused: "Refused",
};

export function statusWord(job: Job, cancelling = false): string {
  const stopping = cancelling || job.cancel_requested_at !== null;
  const active = job.status === "running" || job.status === "queued";
  return stopping && active ? "Stopping" : words[job.status];
}

export function Status({ job, cancelling = false }: StatusProps) {
  return (
    <span class="status" data-status={job.status}>
      {statusWord(job, cancelling)}
    </span>
  );
}
