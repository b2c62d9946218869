/** What the bench asks of every queue, ours and its peers. */

export interface Queue {
  /** Puts `count` jobs of 50 organizations into it, in turn. */
  fill(count: number): Promise<void>;
  /** One durable job by one call. */
  create(): Promise<void>;
  /** Starts one worker, 64 at a time, that calls `onJob` for each job and does nothing else. */
  work(onJob: () => void): Promise<void>;
  /** Jobs that are not yet completed. */
  pending(): Promise<number>;
  close(): Promise<void>;
}

export interface QueueOptions {
  readonly url: string;
  /** A name that no other measurement of this run uses, for a database of its own. */
  readonly name: string;
  /** Another process has made the database, and removes it. */
  readonly isGuest?: boolean;
}

export const organizations = 50;
export const concurrency = 64;

/** The payload of a job, about as large as one of ours. */
export const payload = {
  prompt: "slow rain on a tin roof",
  durationSeconds: 5,
  mode: "creation",
  instrumental: false,
  lyrics: null,
  seedTrackId: null,
  styleTags: [] as string[],
  title: null,
  outputFormat: "mp3" as const,
  stems: false,
};

export function organizationOf(n: number): string {
  return `org_${n % organizations}`;
}

/** Calls `insert` with the numbers of the jobs, `size` at a time. */
export async function inChunks(
  count: number,
  size: number,
  insert: (numbers: number[]) => Promise<unknown>,
): Promise<void> {
  for (let from = 0; from < count; from += size) {
    await insert(Array.from({ length: Math.min(size, count - from) }, (_, n) => from + n));
  }
}
