/**
 * The list of jobs: read from the API in batches, newest first, and shown in pages of what matches the
 * search. The API filters by state; text is matched here, so more batches are read until a page is full.
 */
import type { Job, JobPage, Status } from "../model.ts";

export const pageSize = 8;

export interface Library {
  readonly status: Status | null;
  readonly text: string;
  /** The ids read so far, newest first. */
  readonly ids: readonly string[];
  /** Where the next batch begins; null when all have been read. */
  readonly nextPageToken: string | null;
  /** From 0. */
  readonly page: number;
  readonly loading: boolean;
}

export const emptyLibrary: Library = {
  status: null,
  text: "",
  ids: [],
  nextPageToken: null,
  page: 0,
  loading: true,
};

export type Jobs = ReadonlyMap<string, Job>;

/**
 * Every word of `text` is somewhere in what a person knows of the job, or is its id. Part of an id is
 * not: digits would be found everywhere.
 */
export function matches(job: Job, text: string): boolean {
  const known = [job.prompt, job.title, job.track?.title, job.engine, ...job.style_tags];
  const haystack = folded(known.join("\n"));
  return folded(text)
    .split(/\s+/)
    .every((word) => haystack.includes(word) || word === job.id);
}

/** Without case and accents. */
function folded(text: string): string {
  return text.normalize("NFKD").replaceAll(/\p{M}/gu, "").toLowerCase().trim();
}

/** All jobs read so far that match, newest first. */
export function found(library: Library, jobs: Jobs): Job[] {
  return library.ids
    .map((id) => jobs.get(id))
    .filter((job) => job !== undefined)
    .filter((job) => library.status === null || job.status === library.status)
    .filter((job) => matches(job, library.text));
}

export interface Page {
  readonly jobs: readonly Job[];
  readonly hasNewer: boolean;
  readonly hasOlder: boolean;
}

export function pageOf(library: Library, jobs: Jobs): Page {
  const all = found(library, jobs);
  const begin = library.page * pageSize;
  return {
    jobs: all.slice(begin, begin + pageSize),
    hasNewer: library.page > 0,
    hasOlder: all.length > begin + pageSize || library.nextPageToken !== null,
  };
}

/** Whether another batch must be read before the page that is shown is full, or known to be the last. */
export function needsMore(library: Library, jobs: Jobs): boolean {
  if (library.nextPageToken === null) return false;
  return found(library, jobs).length <= (library.page + 1) * pageSize;
}

/** The next batch, after those that are there. */
export function withOlder(library: Library, batch: JobPage): Library {
  const known = new Set(library.ids);
  const ids = batch.jobs.map(({ id }) => id).filter((id) => !known.has(id));
  return { ...library, ids: [...library.ids, ...ids], nextPageToken: batch.next_page_token };
}

/**
 * The newest batch, read again. Where it does not reach what is known, there may be others in between:
 * then the list begins anew with it.
 */
export function withNewest(library: Library, batch: JobPage): Library {
  const newest = batch.jobs.map(({ id }) => id);
  const known = new Set(library.ids);
  const connects = newest.some((id) => known.has(id)) || batch.next_page_token === null;
  if (!connects || library.ids.length === 0) {
    return { ...library, ids: newest, nextPageToken: batch.next_page_token };
  }
  if (batch.next_page_token === null) return { ...library, ids: newest, nextPageToken: null };
  // What lies within the batch's reach and is not in it has been deleted.
  const last = library.ids.indexOf(newest.findLast((id) => known.has(id)) ?? "");
  return { ...library, ids: [...newest, ...library.ids.slice(last + 1)] };
}
