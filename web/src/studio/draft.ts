/** The form: what a person has chosen, which choices an engine offers, and the request they make. */
import type { Engine, Job } from "../model.ts";

export interface Continued {
  readonly id: string;
  readonly title: string;
  readonly engine: string;
}

export interface Draft {
  readonly engine: string;
  readonly prompt: string;
  readonly durationSeconds: number;
  readonly mode: string;
  readonly instrumental: boolean;
  readonly lyrics: string;
  readonly styleTags: string;
  readonly title: string;
  readonly outputFormat: string;
  readonly stems: boolean;
  readonly seed: string;
  readonly priority: string;
  /** A track to continue from, and the engine that made it. */
  readonly continues: Continued | null;
}

export const emptyDraft: Draft = {
  engine: "",
  prompt: "",
  durationSeconds: 60,
  mode: "creation",
  instrumental: false,
  lyrics: "",
  styleTags: "",
  title: "",
  outputFormat: "",
  stems: false,
  seed: "",
  priority: "normal",
  continues: null,
};

/** The engine that is chosen, else the first. */
export function chosenEngine(draft: Draft, engines: readonly Engine[]): Engine | null {
  return engines.find(({ engine_key }) => engine_key === draft.engine) ?? engines[0] ?? null;
}

/** Whether lyrics can be given: the engine sings them, and the track is not instrumental. */
export function takesLyrics(draft: Draft, engine: Engine): boolean {
  return engine.supports_lyrics && !draft.instrumental;
}

/** The track that the new one would continue: engines continue only what they made. */
export function continuedBy({ continues }: Draft, engine: Engine): Continued | null {
  if (continues === null || !engine.supports_seed_tracks) return null;
  return continues.engine === engine.engine_key ? continues : null;
}

/** The mode that is chosen where the engine has it, else the engine's first. */
export function chosenMode({ mode }: Draft, { modes }: Engine): string {
  return modes.includes(mode) ? mode : (modes[0] ?? "creation");
}

export function tagsOf(text: string): string[] {
  const tags = text.split(",").map((each) => each.trim());
  return [...new Set(tags.filter((each) => each !== ""))];
}

/** The body of `CreateGeneration`: only what was chosen and what the engine can do. */
export function requestOf(draft: Draft, engine: Engine): Record<string, unknown> {
  const tags = tagsOf(draft.styleTags);
  const formats = engine.output_formats;
  const continues = continuedBy(draft, engine);
  const mode = chosenMode(draft, engine);
  return {
    engine: engine.engine_key,
    prompt: draft.prompt,
    duration_seconds: Math.min(draft.durationSeconds, engine.max_duration_seconds),
    ...(mode !== "creation" && { mode }),
    ...(draft.instrumental && engine.supports_vocals && { instrumental: true }),
    ...(draft.lyrics.trim() !== "" && takesLyrics(draft, engine) && { lyrics: draft.lyrics }),
    ...(tags.length > 0 && { style_tags: tags }),
    ...(draft.title.trim() !== "" && { title: draft.title.trim() }),
    ...(formats.includes(draft.outputFormat) && { output_format: draft.outputFormat }),
    ...(draft.stems && engine.supports_stems && { stems: true }),
    ...(draft.seed.trim() !== "" && { seed: Number(draft.seed) }),
    ...(draft.priority !== "normal" && { priority: draft.priority }),
    ...(continues !== null && { seed_track_id: continues.id }),
  };
}

/** The form filled in as it was for `job`. */
export function draftOf(job: Job): Draft {
  return {
    ...emptyDraft,
    engine: job.engine,
    prompt: job.prompt,
    durationSeconds: job.duration_seconds,
    mode: job.mode,
    styleTags: job.style_tags.join(", "),
    title: job.title ?? "",
    outputFormat: job.output_format,
    stems: job.stems,
    priority: job.priority,
  };
}
