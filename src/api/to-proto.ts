/** From the domain to the messages of the API. */
import { create } from "@bufbuild/protobuf";
import { type Timestamp, timestampFromDate } from "@bufbuild/protobuf/wkt";
import { type Engine, EngineSchema } from "../../gen/music/v1/engine_pb.ts";
import {
  type Attempt,
  AttemptFailureKind,
  AttemptOutcome,
  AttemptSchema,
  EstimateSchema,
  type Generation,
  GenerationPriority,
  GenerationSchema,
  GenerationStatus,
  type QueueFacts,
  QueueFactsSchema,
  WaitReason,
} from "../../gen/music/v1/generation_pb.ts";
import {
  type Interpretation,
  InterpretationSchema,
  InterpretationSource,
} from "../../gen/music/v1/interpretation_pb.ts";
import type * as domainAttempt from "../generations/attempt.ts";
import type * as domain from "../generations/engine.ts";
import type * as domainInterpretation from "../generations/interpretation.ts";
import type { Job } from "../generations/job.ts";
import type { MediaLinks } from "../generations/media-links.ts";
import type { Priority } from "../generations/priority.ts";
import type * as domainQueue from "../generations/queue-facts.ts";
import type { Status } from "../generations/state.ts";
import { formatOf, licenceOf, modeOf, present } from "./enums-to-proto.ts";
import { toSegments, toTrackSummary } from "./track-to-proto.ts";

const statusOf: Readonly<Record<Status, GenerationStatus>> = {
  queued: GenerationStatus.QUEUED,
  running: GenerationStatus.RUNNING,
  succeeded: GenerationStatus.SUCCEEDED,
  failed: GenerationStatus.FAILED,
  cancelled: GenerationStatus.CANCELLED,
  refused: GenerationStatus.REFUSED,
};

const priorityOf: Readonly<Record<Priority, GenerationPriority>> = {
  low: GenerationPriority.LOW,
  normal: GenerationPriority.NORMAL,
  high: GenerationPriority.HIGH,
};

const outcomeOf: Readonly<Record<domainAttempt.AttemptOutcome, AttemptOutcome>> = {
  succeeded: AttemptOutcome.SUCCEEDED,
  failed: AttemptOutcome.FAILED,
  refused: AttemptOutcome.REFUSED,
  released: AttemptOutcome.RELEASED,
  cancelled: AttemptOutcome.CANCELLED,
};

const failureKindOf: Readonly<Record<domainAttempt.AttemptFailureKind, AttemptFailureKind>> = {
  engine: AttemptFailureKind.ENGINE,
  engine_transient: AttemptFailureKind.ENGINE_TRANSIENT,
  unexpected: AttemptFailureKind.UNEXPECTED,
  storage: AttemptFailureKind.STORAGE,
  lease_expired: AttemptFailureKind.LEASE_EXPIRED,
  attempt_timeout: AttemptFailureKind.ATTEMPT_TIMEOUT,
  deadline: AttemptFailureKind.DEADLINE,
  policy_unavailable: AttemptFailureKind.POLICY_UNAVAILABLE,
  seed_track: AttemptFailureKind.SEED_TRACK,
};

const waitReasonOf: Readonly<Record<domainQueue.WaitReason, WaitReason>> = {
  cap: WaitReason.CAP,
  no_worker: WaitReason.NO_WORKER,
  backoff: WaitReason.BACKOFF,
  behind_others: WaitReason.BEHIND_OTHERS,
};

function toEstimate(estimate: domainQueue.Estimate | null) {
  if (estimate === null) return null;
  const { p50, p90 } = estimate;
  return create(EstimateSchema, { p50: timestampFromDate(p50), p90: timestampFromDate(p90) });
}

function toQueueFacts(facts: domainQueue.QueueFacts): QueueFacts {
  return create(QueueFactsSchema, {
    waitReason: facts.waitReason === null ? WaitReason.UNSPECIFIED : waitReasonOf[facts.waitReason],
    ...present({
      position: facts.position,
      estimatedStart: toEstimate(facts.estimatedStart),
      estimatedEnd: toEstimate(facts.estimatedEnd),
    }),
  });
}

function toAttempt(attempt: domainAttempt.EndedAttempt): Attempt {
  const { failure } = attempt;
  return create(AttemptSchema, {
    startedAt: timestampFromDate(attempt.startedAt),
    endedAt: timestampFromDate(attempt.endedAt),
    outcome: outcomeOf[attempt.outcome],
    ...(failure && { failureKind: failureKindOf[failure.kind], failureMessage: failure.message }),
  });
}

const sourceOf: Readonly<Record<domainInterpretation.InterpretationSource, InterpretationSource>> =
  {
    field: InterpretationSource.FIELD,
    tags: InterpretationSource.TAGS,
    prompt: InterpretationSource.PROMPT,
    choice: InterpretationSource.CHOICE,
  };

function toInterpretation(from: domainInterpretation.Interpretation): Interpretation {
  const { style, styleName, mood, energy, era, tempo, tonic, mode, metre, sources } = from;
  const named = Object.entries(sources).map(([field, source]) => [field, sourceOf[source]]);
  return create(InterpretationSchema, {
    ...present({ style, styleName, mood, energy, era, tempo, tonic, mode, metre }),
    instruments: [...from.instruments],
    wantedInstruments: [...from.wantedInstruments],
    unwantedInstruments: [...from.unwantedInstruments],
    sections: [...from.sections],
    sources: Object.fromEntries(named),
  });
}

/** The job; `links` null leaves out what is signed and what is long, as a list does. */
export function toGeneration(
  job: Job,
  links: MediaLinks | null,
  facts: domainQueue.QueueFacts | null = null,
): Generation {
  const { request, progress, cancel } = job;
  const track = job.track && links ? toTrackSummary(job.track, links) : undefined;
  // Written out, with all fields: `create` adds them one by one, which costs more than the rest of this.
  return {
    $typeName: GenerationSchema.typeName,
    id: job.id,
    status: statusOf[job.status],
    progress: progress.percent,
    engine: job.engine,
    mode: modeOf[request.mode],
    createdAt: timestampFromDate(job.createdAt),
    resultTrackId: job.track?.id,
    errorMessage: job.failure?.message,
    refusalReason: job.refusal ?? undefined,
    playbackUrl: track?.playbackUrl,
    track,
    version: job.version,
    phase: progress.phase ?? undefined,
    progressMessage: progress.message ?? undefined,
    prompt: request.prompt,
    durationSeconds: request.durationSeconds,
    title: request.title ?? undefined,
    styleTags: [...request.styleTags],
    seed: job.seed,
    attempts: job.attempts,
    startedAt: timeOf(job.startedAt),
    endedAt: timeOf(job.endedAt),
    cancelRequestedAt: timeOf(cancel?.requestedAt),
    cancelObservedAt: timeOf(cancel?.observedAt),
    cancelCheckpoint: cancel?.checkpoint ?? undefined,
    queue: facts ? toQueueFacts(facts) : undefined,
    history: job.history.map(toAttempt),
    priority: priorityOf[job.priority],
    outputFormat: formatOf[request.outputFormat],
    stems: request.stems,
    seedTrackId: request.seedTrackId ?? undefined,
    segments: links ? toSegments(job, links) : [],
    interpretation: job.interpretation && links ? toInterpretation(job.interpretation) : undefined,
  };
}

function timeOf(date: Date | null | undefined): Timestamp | undefined {
  return date ? timestampFromDate(date) : undefined;
}

export function toEngine(engine: domain.EngineDescription): Engine {
  return create(EngineSchema, {
    engineKey: engine.key,
    name: engine.name,
    maxDurationSeconds: engine.maxDurationSeconds,
    supportsVocals: engine.supportsVocals,
    supportsLyrics: engine.supportsLyrics,
    supportsStems: engine.supportsStems,
    supportedLanguages: [...engine.supportedLanguages],
    licenceClass: licenceOf[engine.licenceClass],
    commercialUse: engine.commercialUse,
    requiresAttribution: engine.requiresAttribution,
    supportsSeedTracks: engine.supportsSeedTracks,
    modes: engine.modes.map((mode) => modeOf[mode]),
    outputFormats: engine.outputFormats.map((format) => formatOf[format]),
  });
}
