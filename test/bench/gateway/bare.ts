/** The yardstick: Fastify alone, with a schema for the body and one for the answer. No credentials. */
import type { FastifyInstance } from "fastify";
import { systemRandom } from "../../../src/base/random.ts";
import type { Job } from "../../../src/generations/job.ts";
import { createTrivialStore, organizationId } from "./trivial.ts";

const text = { type: "string" } as const;
const maybe = { type: "string", nullable: true } as const;
const whole = { type: "integer" } as const;

const body = {
  type: "object",
  additionalProperties: false,
  required: ["engine", "prompt", "duration_seconds"],
  properties: {
    engine: { type: "string", minLength: 1, maxLength: 64 },
    prompt: { type: "string", minLength: 1, maxLength: 4000 },
    duration_seconds: { type: "integer", exclusiveMinimum: 0, maximum: 600 },
    mode: { type: "string", enum: ["creation", "focus"] },
    instrumental: { type: "boolean" },
    lyrics: { type: "string", maxLength: 10_000 },
    seed_track_id: { type: "string", maxLength: 128 },
    style_tags: {
      type: "array",
      maxItems: 32,
      items: { type: "string", minLength: 1, maxLength: 64 },
    },
    title: { type: "string", minLength: 1, maxLength: 200 },
    idempotency_key: { type: "string", minLength: 1, maxLength: 255, pattern: "^[\\x21-\\x7E]+$" },
    seed: { type: "integer", minimum: 0 },
    wait_seconds: { type: "integer", minimum: 0, maximum: 30 },
    priority: { type: "string", enum: ["low", "normal", "high"] },
  },
};

const job = {
  type: "object",
  properties: {
    id: text,
    status: text,
    progress: whole,
    engine: text,
    mode: text,
    created_at: text,
    result_track_id: maybe,
    error_message: maybe,
    refusal_reason: maybe,
    playback_url: maybe,
    track: { type: "object", nullable: true, properties: { id: text } },
    version: whole,
    phase: maybe,
    progress_message: maybe,
    prompt: text,
    duration_seconds: whole,
    title: maybe,
    style_tags: { type: "array", items: text },
    seed: whole,
    attempts: whole,
    started_at: maybe,
    ended_at: maybe,
    cancel_requested_at: maybe,
    cancel_observed_at: maybe,
    cancel_checkpoint: maybe,
    queue: { type: "object", nullable: true, properties: { position: whole } },
    history: { type: "array", items: text },
    priority: text,
  },
};

const id = { type: "string", minLength: 1, maxLength: 128 };
const params = { type: "object", properties: { organization_id: id, job_id: id } };

function shown(each: Job): object {
  return {
    id: each.id,
    status: each.status,
    progress: each.progress.percent,
    engine: each.engine,
    mode: each.request.mode,
    created_at: each.createdAt.toISOString(),
    result_track_id: null,
    error_message: null,
    refusal_reason: each.refusal,
    playback_url: null,
    track: null,
    version: each.version,
    phase: each.progress.phase,
    progress_message: each.progress.message,
    prompt: each.request.prompt,
    duration_seconds: each.request.durationSeconds,
    title: each.request.title,
    style_tags: each.request.styleTags,
    seed: each.seed,
    attempts: each.attempts,
    started_at: null,
    ended_at: null,
    cancel_requested_at: null,
    cancel_observed_at: null,
    cancel_checkpoint: null,
    queue: null,
    history: [],
    priority: "normal",
  };
}

interface Created {
  readonly engine: string;
  readonly prompt: string;
  readonly duration_seconds: number;
  readonly style_tags?: string[];
}

/** Creating and getting a job; the answer has the fields of ours. */
export function mountBare(app: FastifyInstance): void {
  const store = createTrivialStore();
  const scope = { organizationId, userId: "user_1" };
  const schema = { params, response: { 200: job, 202: job } };
  app.post(
    "/v1/music/:organization_id/generations",
    { schema: { ...schema, body } },
    async (request, reply) => {
      const { engine, prompt, duration_seconds, style_tags = [] } = request.body as Created;
      const made = await store.create({
        ...scope,
        id: `mgen_${systemRandom.hex(12)}`,
        engine,
        request: {
          prompt,
          durationSeconds: duration_seconds,
          mode: "creation",
          instrumental: false,
          lyrics: null,
          seedTrackId: null,
          styleTags: style_tags,
          title: null,
          outputFormat: "mp3",
          stems: false,
        },
        seed: 7,
        traceparent: null,
        idempotency: null,
        priority: "normal",
      });
      reply.code(202);
      return shown(made);
    },
  );
  app.get("/v1/music/:organization_id/generations/:job_id", { schema }, async (request) => {
    const found = await store.get(scope, (request.params as { job_id: string }).job_id);
    if (found === null) throw new Error("not found");
    return shown(found);
  });
}
