/** The job: one request for music and what has become of it, as the domain sees it. */
import type { AttemptFailureKind, EndedAttempt } from "./attempt.ts";
import type {
  EngineCheckpoint,
  ExtraKind,
  GenerationMode,
  GenerationRequest,
  LicenceClass,
} from "./engine.ts";
import type { Interpretation } from "./interpretation.ts";
import type { Priority } from "./priority.ts";
import type { Phase, Status } from "./state.ts";

/** Whose data a call may touch. Every query carries it. */
export interface Scope {
  readonly organizationId: string;
  readonly userId: string;
}

/** A track: embedded in the job that made it, since that job's update is its only commit. */
export interface Track {
  /** `mtrack_…` */
  readonly id: string;
  readonly title: string;
  readonly engine: string;
  readonly mode: GenerationMode;
  readonly instrumental: boolean;
  readonly measuredDurationSeconds: number;
  readonly mimeType: string;
  /** As the engine stated it when the track was made. */
  readonly licenceClass: LicenceClass;
  /** The name of the master audio in the artifact store. */
  readonly artifact: string;
  /** What there is beside it. */
  readonly extras: readonly TrackExtra[];
  /** What the stems are turned down by, in dB, 0 or less; null without stems. */
  readonly stemGainDb: number | null;
  readonly createdAt: Date;
}

export interface TrackExtra {
  readonly kind: ExtraKind;
  readonly stem: string | null;
  /** Its name in the artifact store. */
  readonly artifact: string;
}

/** A part of the piece, playable by itself; times in seconds. */
export interface Segment {
  /** From 0. */
  readonly index: number;
  readonly startSeconds: number;
  readonly durationSeconds: number;
  readonly mimeType: string;
  /** Its name in the artifact store. */
  readonly artifact: string;
}

/** The names of all that a job keeps in the artifact store. */
export function artifactsOf({ track, segments }: Pick<Job, "track" | "segments">): string[] {
  const ofTrack = track === null ? [] : [track, ...track.extras];
  return [...ofTrack, ...segments].map(({ artifact }) => artifact);
}

export interface Job extends Scope {
  /** `mgen_…` */
  readonly id: string;
  readonly engine: string;
  readonly request: GenerationRequest;
  /** An unsigned 32-bit number. */
  readonly seed: number;
  readonly priority: Priority;
  /** W3C Trace Context: the call that made it. */
  readonly traceparent: string | null;
  readonly status: Status;
  readonly phase: Phase;
  /** Grows by one with every change that a caller can see. */
  readonly version: number;
  readonly progress: {
    /** 0 to 100, never falling. */
    readonly percent: number;
    readonly phase: string | null;
    readonly message: string | null;
  };
  /** What the engine understood of the request; null before it knows. */
  readonly interpretation: Interpretation | null;
  /** Attempts that count: started, and not handed back by a shutdown. */
  readonly attempts: number;
  /** Grows by one with every claim; part of the fence and of every artifact's name. */
  readonly epoch: number;
  readonly cancel: {
    readonly requestedAt: Date;
    readonly observedAt: Date | null;
    /** The safe checkpoint where the worker stopped. */
    readonly checkpoint: string | null;
  } | null;
  /** The latest attempts that ended, oldest first; at most `historyLength`. */
  readonly history: readonly EndedAttempt[];
  /** Where the next attempt can go on; `epoch` is the attempt that wrote it. */
  readonly checkpoint: (EngineCheckpoint & { readonly epoch: number }) | null;
  /** What can be played before all is done, in order. */
  readonly segments: readonly Segment[];
  readonly track: Track | null;
  readonly failure: {
    readonly kind: JobFailureKind;
    /** Safe to show a user. */
    readonly message: string;
  } | null;
  readonly refusal: string | null;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly endedAt: Date | null;
}

/** Why a job failed: by what no attempt can mend, or by too many that could not. */
export type JobFailureKind = AttemptFailureKind | "attempts_exhausted";

/** A claimed job: the fence that every write of its worker carries. */
export interface Lease {
  readonly jobId: string;
  /** Unguessable and fresh with every claim. */
  readonly token: string;
  readonly epoch: number;
}

export interface Claim {
  readonly job: Job;
  readonly lease: Lease;
  /** When the call that made the lease was sent, in monotonic milliseconds: it is no older than that. */
  readonly sentAtMs: number;
}
