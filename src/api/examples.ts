/** Exchanges for the documentation; a test makes each of them with the running service. */

interface Example {
  readonly request: unknown;
  readonly answer: unknown;
}

const request = {
  engine: "studio",
  prompt: "calm piano, 70 bpm, F major",
  duration_seconds: 30,
  style_tags: ["ambient"],
  title: "First light",
  seed: 7,
};

/** By the local name of the method. */
export const examples: Readonly<Record<string, Example>> = {
  createGeneration: {
    request,
    answer: {
      id: "mgen_7d0b46ae64e9c0a2f1d8533c",
      status: "queued",
      progress: 0,
      engine: request.engine,
      mode: "creation",
      created_at: "2026-01-02T03:04:05.678Z",
      result_track_id: null,
      error_message: null,
      refusal_reason: null,
      playback_url: null,
      track: null,
      version: 1,
      phase: null,
      progress_message: null,
      prompt: request.prompt,
      duration_seconds: request.duration_seconds,
      title: request.title,
      style_tags: request.style_tags,
      seed: request.seed,
      attempts: 0,
      started_at: null,
      ended_at: null,
      cancel_requested_at: null,
      cancel_observed_at: null,
      cancel_checkpoint: null,
      queue: {
        position: 1,
        wait_reason: "no_worker",
        estimated_start: null,
        estimated_end: null,
      },
      priority: "normal",
      history: [],
      interpretation: null,
      output_format: "mp3",
      stems: false,
      seed_track_id: null,
      segments: [],
    },
  },
};
