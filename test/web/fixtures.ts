/** What the API answers, for tests of the page's logic; the service's own answers are tested elsewhere. */
import type { Engine, Job } from "../../web/src/model.ts";

export function jobOf(changes: Partial<Job> = {}): Job {
  return {
    id: "mgen_1",
    status: "queued",
    progress: 0,
    engine: "studio",
    mode: "creation",
    created_at: "2026-01-02T03:04:05Z",
    result_track_id: null,
    error_message: null,
    refusal_reason: null,
    playback_url: null,
    track: null,
    version: 1,
    phase: null,
    progress_message: null,
    prompt: "calm piano",
    duration_seconds: 30,
    title: null,
    style_tags: [],
    seed: 7,
    attempts: 0,
    ended_at: null,
    cancel_requested_at: null,
    queue: null,
    priority: "normal",
    interpretation: null,
    output_format: "mp3",
    stems: false,
    ...changes,
  };
}

export function engineOf(changes: Partial<Engine> = {}): Engine {
  return {
    engine_key: "studio",
    name: "Studio",
    max_duration_seconds: 600,
    supports_vocals: false,
    supports_lyrics: false,
    supports_stems: false,
    supported_languages: [],
    licence_class: "unclear",
    commercial_use: false,
    requires_attribution: false,
    output_formats: ["mp3"],
    supports_seed_tracks: false,
    modes: ["creation"],
    ...changes,
  };
}
