/** The documents as MongoDB holds them, and their way to and from the domain. */
import type { EndedAttempt } from "../generations/attempt.ts";
import type { KeyScope } from "../generations/identity.ts";
import { artifactsOf, type Job, type Track } from "../generations/job.ts";
import type { Limits } from "../generations/limits.ts";
import type { Priority } from "../generations/priority.ts";
import type { Phase, Status } from "../generations/state.ts";

/**
 * The version of the documents' shape that this code writes. It may meet older documents, and processes of
 * the version before it may work beside it, so a new version only adds fields, and `toJob` gives what an
 * older document does not have:
 *
 * 1. the beginning
 * 2. `rank`, `history`, `lease.startedAt`; `priority` is a word (it was the number 0)
 * 3. `interpretation`, `segments`, `request.outputFormat`, `request.stems`, `track.extras`,
 *    `track.stemGainDb`
 *
 * A worker leaves jobs of a newer version to newer workers.
 */
export const schemaVersion = 3;

/** What a request asked for before it could say so. */
const earlierRequest = { outputFormat: "mp3", stems: false } as const;
/** What a track had before it could have more. */
const earlierTrack = { extras: [], stemGainDb: null } as const;

/** What may be missing in a document of an earlier version. */
type Earlier<T, Fields extends keyof T> = Omit<T, Fields> & Partial<Pick<T, Fields>>;

export interface LeaseDocument {
  owner: string;
  token: string;
  startedAt?: Date;
  expiresAt: Date;
  /** When the attempt has taken too long, however well its lease is kept. */
  deadlineAt?: Date;
}

/** An attempt that ended, and who ended it: its worker, by this lease, or a sweeper. */
export interface AttemptDocument extends Omit<EndedAttempt, "failure"> {
  owner: string;
  token: string;
  by: "worker" | "sweeper";
  failure?: NonNullable<EndedAttempt["failure"]>;
}

/** A job. Fields without a value are absent, since partial indexes cannot ask for a missing one. */
export interface JobDocument {
  _id: string;
  schema: number;
  org: string;
  user: string;
  engine: string;
  request: Earlier<Job["request"], keyof typeof earlierRequest>;
  seed: number;
  status: Status;
  phase: Phase;
  version: number;
  progress: Job["progress"];
  interpretation?: NonNullable<Job["interpretation"]>;
  segments?: Job["segments"];
  priority: Priority | 0;
  traceparent?: string;
  /** The lowest goes first within an organization; absent before version 2, and those go first of all. */
  rank?: Date;
  attempts: number;
  epoch: number;
  history?: AttemptDocument[];
  /** The organization's slot that a running job holds, from 0. */
  slot?: number;
  lease?: LeaseDocument;
  notBefore?: Date;
  /** When the whole job has taken too long. */
  deadlineAt?: Date;
  cancel?: { requestedAt: Date; observedAt?: Date; checkpoint?: string };
  checkpoint?: NonNullable<Job["checkpoint"]>;
  idempotency?: { key: string; hash: string };
  track?: Earlier<Track, keyof typeof earlierTrack>;
  failure?: NonNullable<Job["failure"]>;
  refusal?: string;
  createdAt: Date;
  startedAt?: Date;
  endedAt?: Date;
  /** Set on what is left of a deleted job: its idempotency key, for as long as that stays taken. */
  deletedAt?: Date;
}

export interface OrganizationDocument {
  _id: string;
  schema: number;
  /** How many jobs may run at the same time; the service's default when absent. */
  cap?: number;
  /** Its own limits, those that are not the service's defaults. */
  limits?: Partial<Limits>;
  /** The seconds of audio that were asked for on the day (UTC) of the last create. */
  usage?: { day: Date; seconds: number };
  members: string[];
  createdAt: Date;
}

export interface ApiKeyDocument {
  _id: string;
  schema: number;
  /** SHA-256 of the whole key, as hexadecimal. */
  hash: string;
  /** The last four characters, so that people can tell keys apart. */
  lastFour: string;
  user: string;
  name: string;
  scopes: KeyScope[];
  createdAt: Date;
  /** Absent while the key has no end. */
  expiresAt?: Date;
  revokedAt?: Date;
  lastUsedAt?: Date;
}

export interface WorkerDocument {
  /** The worker's name in its leases. */
  _id: string;
  engines: string[];
  concurrency: number;
  seenAt: Date;
}

function toEndedAttempt(document: AttemptDocument): EndedAttempt {
  const { epoch, startedAt, endedAt, outcome, failure } = document;
  return { epoch, startedAt, endedAt, outcome, failure: failure ?? null };
}

function toTrack(track: JobDocument["track"]): Track | null {
  return track ? { ...earlierTrack, ...track } : null;
}

/** The names of all that the job keeps in the artifact store. */
export function artifactsIn({ track, segments = [] }: Pick<JobDocument, "track" | "segments">) {
  return artifactsOf({ track: toTrack(track), segments });
}

/** The job as the domain sees it. */
export function toJob(document: JobDocument): Job {
  const { cancel } = document;
  return {
    id: document._id,
    organizationId: document.org,
    userId: document.user,
    engine: document.engine,
    request: { ...earlierRequest, ...document.request },
    seed: document.seed,
    priority: document.priority || "normal",
    traceparent: document.traceparent ?? null,
    status: document.status,
    phase: document.phase,
    version: document.version,
    progress: document.progress,
    interpretation: document.interpretation ?? null,
    attempts: document.attempts,
    epoch: document.epoch,
    cancel: cancel
      ? {
          requestedAt: cancel.requestedAt,
          observedAt: cancel.observedAt ?? null,
          checkpoint: cancel.checkpoint ?? null,
        }
      : null,
    history: (document.history ?? []).map(toEndedAttempt),
    checkpoint: document.checkpoint ?? null,
    segments: document.segments ?? [],
    track: toTrack(document.track),
    failure: document.failure ?? null,
    refusal: document.refusal ?? null,
    createdAt: document.createdAt,
    startedAt: document.startedAt ?? null,
    endedAt: document.endedAt ?? null,
  };
}
