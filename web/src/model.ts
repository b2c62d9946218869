/** What the REST API answers, as far as the page reads it; a field without a value is `null`. */

export type Status = "queued" | "running" | "succeeded" | "failed" | "cancelled" | "refused";

/** An instant that is not certain: as likely before as after `p50`, in nine of ten cases before `p90`. */
export interface Estimate {
  readonly p50: string;
  readonly p90: string;
}

export interface QueueFacts {
  readonly position: number | null;
  readonly wait_reason: string | null;
  readonly estimated_start: Estimate | null;
  readonly estimated_end: Estimate | null;
}

export interface Section {
  readonly kind: string;
  readonly start_seconds: number;
  readonly duration_seconds: number;
}

export interface Interpretation {
  readonly style: string | null;
  readonly style_name: string | null;
  readonly mood: string | null;
  readonly energy: string | null;
  readonly era: string | null;
  readonly tempo: number | null;
  readonly tonic: string | null;
  readonly mode: string | null;
  readonly metre: string | null;
  readonly instruments: readonly string[];
  readonly sections: readonly Section[];
}

export interface TrackSummary {
  readonly id: string;
  readonly title: string;
  readonly engine: string;
  readonly measured_duration_seconds: number;
  readonly mime_type: string;
  readonly licence_class: string;
  readonly playback_url: string;
}

export interface Track extends TrackSummary {
  readonly stem_urls: Readonly<Record<string, string>>;
  readonly midi_url: string | null;
  readonly waveform_url: string | null;
}

export interface Job {
  readonly id: string;
  readonly status: Status;
  readonly progress: number;
  readonly engine: string;
  readonly mode: string;
  readonly created_at: string;
  readonly result_track_id: string | null;
  readonly error_message: string | null;
  readonly refusal_reason: string | null;
  readonly playback_url: string | null;
  readonly track: TrackSummary | null;
  readonly version: number;
  readonly phase: string | null;
  readonly progress_message: string | null;
  readonly prompt: string;
  readonly duration_seconds: number;
  readonly title: string | null;
  readonly style_tags: readonly string[];
  readonly seed: number;
  readonly attempts: number;
  readonly ended_at: string | null;
  readonly cancel_requested_at: string | null;
  readonly queue: QueueFacts | null;
  readonly priority: string;
  readonly interpretation: Interpretation | null;
  readonly output_format: string;
  readonly stems: boolean;
}

export interface Engine {
  readonly engine_key: string;
  readonly name: string;
  readonly max_duration_seconds: number;
  readonly supports_vocals: boolean;
  readonly supports_lyrics: boolean;
  readonly supports_stems: boolean;
  readonly supported_languages: readonly string[];
  readonly licence_class: string;
  readonly commercial_use: boolean;
  readonly requires_attribution: boolean;
  readonly output_formats: readonly string[];
  readonly supports_seed_tracks: boolean;
  /** The default first. */
  readonly modes: readonly string[];
}

export interface JobPage {
  readonly jobs: readonly Job[];
  readonly next_page_token: string | null;
}

/** Whether anything about the job may still change. */
export function isActive({ status }: Pick<Job, "status">): boolean {
  return status === "queued" || status === "running";
}
