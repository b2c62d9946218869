/**
 * The engine port: what turns a request into sound. The built-in studio satisfies it on worker
 * threads; model servers over HTTP (submit, poll, cancel, fetch) fit behind the same few methods.
 */
import type { Lifecycle } from "../base/lifecycle.ts";
import type { Interpretation } from "./interpretation.ts";

/** What an engine says of itself; the contract's engine resource, in the domain's words. */
export interface EngineDescription {
  /** The key clients name, for example `studio`. */
  readonly key: string;
  /** For people. */
  readonly name: string;
  /** The longest piece it makes, in seconds. */
  readonly maxDurationSeconds: number;
  readonly supportsVocals: boolean;
  readonly supportsLyrics: boolean;
  readonly supportsStems: boolean;
  /** BCP 47 tags of the languages it sings; empty when it does not sing. */
  readonly supportedLanguages: readonly string[];
  readonly licenceClass: LicenceClass;
  readonly commercialUse: boolean;
  readonly requiresAttribution: boolean;
  /** What `request.outputFormat` may be. */
  readonly outputFormats: readonly OutputFormat[];
  /** Whether it takes `seedTrackId`, a track that it made. */
  readonly supportsSeedTracks: boolean;
  /** What `request.mode` may be. */
  readonly modes: readonly GenerationMode[];
}

export const licenceClasses = [
  "commercial_cleared",
  "commercial_enterprise",
  "personal_only",
  "unclear",
] as const;
export type LicenceClass = (typeof licenceClasses)[number];

export type GenerationMode = "creation" | "focus";

/** The kinds of audio file that a master may be. */
export const outputFormats = ["mp3", "flac", "wav"] as const;
export type OutputFormat = (typeof outputFormats)[number];

/** What the client asked for, as it is kept on the job. */
export interface GenerationRequest {
  readonly prompt: string;
  /** Whole seconds, at least 1. */
  readonly durationSeconds: number;
  readonly mode: GenerationMode;
  readonly instrumental: boolean;
  readonly lyrics: string | null;
  readonly seedTrackId: string | null;
  readonly styleTags: readonly string[];
  readonly title: string | null;
  /** One of the engine's own. */
  readonly outputFormat: OutputFormat;
  /** Only where the engine `supportsStems`. */
  readonly stems: boolean;
}

/** One fault in a request, as `details.violations` of a 422 lists it. */
export interface Violation {
  /** The REST name of the field, for example `duration_seconds` or `style_tags[2]`. */
  readonly field: string;
  /** A short stable word for the rule, for example `engine.max_duration`. */
  readonly rule: string;
  /** What is wrong and what would be right; safe to show. */
  readonly message: string;
}

/** A place to go on from. `data` is the engine's own, small, and survives as JSON. */
export interface EngineCheckpoint {
  /** What a person reads, for example `chunk 3 of 8`. */
  readonly label: string;
  readonly data: Readonly<Record<string, string | number | boolean>>;
}

export interface EngineProgress {
  /** 0 to 100, never falling within an attempt. */
  readonly percent: number;
  /** A short word: `compose`, `render`, `master`, `encode`. */
  readonly phase: string;
  /** One line for a person. */
  readonly message: string;
  /** Present when the work so far can be gone on from. */
  readonly checkpoint?: EngineCheckpoint;
  /** What the request was understood as, once it is known; to say it once is enough. */
  readonly interpretation?: Interpretation;
}

/** One attempt at one job. */
export interface EngineTask {
  readonly jobId: string;
  readonly request: GenerationRequest;
  /** The same task with the same seed gives the same piece; an unsigned 32-bit number. */
  readonly seed: number;
  /** What the engine left with the track that this one continues; null for a piece of its own. */
  readonly continues: unknown;
  /**
   * The path of a folder of this attempt alone: made, and empty, when it is first asked for, and removed
   * by the worker afterwards. On the way it may hold anything; at the end, the files that the outcome
   * names. A rejection is the worker's to handle; the engine lets it pass.
   */
  readonly workspace: () => Promise<string>;
  /**
   * Where an earlier attempt got to. Its workspace may be gone (another machine) and then the engine
   * starts over. It may also still be written to by a worker that has not noticed its lost lease, so
   * an engine reads only files that it writes once and renames into place, and takes them by link or
   * copy.
   */
  readonly resume: { readonly workspace: string; readonly checkpoint: EngineCheckpoint } | null;
  /** Aborted with an `AbortReason`; the engine stops at its next safe checkpoint. */
  readonly signal: AbortSignal;
  /** Called as often as there is news; returns at once. */
  readonly onProgress: (progress: EngineProgress) => void;
  /**
   * Called with each part of the piece that can be played before all is done, in order; in every attempt
   * from the first one on. Returns at once; the file stays until `run` has settled.
   */
  readonly onSegment: (segment: EngineSegment) => void;
}

/** Times are in seconds of the piece. */
export interface EngineSegment {
  readonly startSeconds: number;
  readonly durationSeconds: number;
  readonly file: EngineFile;
}

/** A complete file in the workspace. */
export interface EngineFile {
  readonly path: string;
  readonly mimeType: string;
  /** Without the dot. */
  readonly extension: string;
}

/**
 * What a file beside the master is: one voice, the score, the waveform for players to draw, or what the
 * engine itself needs to continue the track (JSON, which nobody else is shown).
 */
export type ExtraKind = "stem" | "midi" | "waveform" | "continuation";

export interface EngineExtra extends EngineFile {
  readonly kind: ExtraKind;
  /** A stem's own: lower-case letters, for example `drums`; null for the others, of which there is one. */
  readonly stem: string | null;
}

export type EngineOutcome =
  | {
      readonly kind: "finished";
      readonly master: EngineFile;
      readonly extras: readonly EngineExtra[];
      /** What the stems are turned down by, in dB, 0 or less; null without stems. */
      readonly stemGainDb: number | null;
      /** Seconds, measured on the samples that were encoded. */
      readonly measuredDurationSeconds: number;
      /** The client's title, or one that the engine made up. */
      readonly title: string;
      /** Whether the result has no voice in it. */
      readonly instrumental: boolean;
    }
  | {
      readonly kind: "stopped";
      /** The safe checkpoint where it stopped; the receipt of a cancel quotes it. */
      readonly at: string;
      /** Where the next attempt can go on, when there is such a place. */
      readonly checkpoint: EngineCheckpoint | null;
    };

/**
 * A failure that an engine knows the kind of. Any other error that `run` throws is taken as transient.
 */
export class EngineError extends Error {
  /** Whether another attempt may succeed. */
  readonly retryable: boolean;
  /** Safe to show a user. */
  readonly publicMessage: string;

  constructor(publicMessage: string, options: { retryable: boolean; cause?: unknown }) {
    super(publicMessage, { cause: options.cause });
    this.name = "EngineError";
    this.retryable = options.retryable;
    this.publicMessage = publicMessage;
  }
}

export interface Engine extends Lifecycle {
  readonly description: EngineDescription;
  /** Everything this engine cannot serve in `request`; empty when it can. Pure and quick. */
  check(request: GenerationRequest): readonly Violation[];
  /**
   * Makes the piece, or stops at a safe checkpoint soon after `task.signal` aborts. It never writes
   * outside `task.workspace`.
   */
  run(task: EngineTask): Promise<EngineOutcome>;
}
