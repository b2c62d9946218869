/** One track over gRPC, by Connect and the generated code: create, watch, download. */
import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { Code, ConnectError, createClient, type Interceptor } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { RetryInfoSchema } from "../../gen/google/rpc/error_details_pb.ts";
import { type Generation, GenerationStatus } from "../../gen/music/v1/generation_pb.ts";
import { MusicGenerations } from "../../gen/music/v1/music_generations_pb.ts";

const {
  MUSIC_URL = "http://127.0.0.1:8080",
  MUSIC_API_KEY = "",
  MUSIC_ORGANIZATION: organizationId = "org_abc123",
  PROMPT = "calm piano, 70 bpm, F major",
  SECONDS_OF_MUSIC = "10",
  OUT = "track.mp3",
} = process.env;

const authenticate: Interceptor = (next) => (request) => {
  request.header.set("x-api-key", MUSIC_API_KEY);
  return next(request);
};

const client = createClient(
  MusicGenerations,
  createGrpcTransport({ baseUrl: MUSIC_URL, interceptors: [authenticate] }),
);

/** How long to wait before another try, in ms; null when none would help. */
function retryAfterMs(error: unknown): number | null {
  if (!(error instanceof ConnectError)) return null;
  const delay = error.findDetails(RetryInfoSchema)[0]?.retryDelay;
  if (delay) return Number(delay.seconds) * 1_000 + delay.nanos / 1e6;
  // A connection that is lost in the middle shows as cancelled.
  return [Code.Unavailable, Code.ResourceExhausted, Code.Canceled].includes(error.code)
    ? 1_000
    : null;
}

async function retrying<T>(work: () => Promise<T>, tries = 5): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const ms = retryAfterMs(error);
    if (ms === null || tries <= 1) throw error;
    await sleep(ms);
    return retrying(work, tries - 1);
  }
}

/** The job once it has ended. A lost stream is taken up again after the last version seen. */
async function watch(job: Generation): Promise<Generation> {
  let latest = job;
  await retrying(async () => {
    const request = { organizationId, jobId: job.id, afterVersion: latest.version };
    for await (const state of client.watchGeneration(request)) {
      latest = state;
      process.stderr.write(`${state.progress} % ${state.progressMessage ?? ""}\n`);
    }
  });
  return latest;
}

// The same key in every try: however often it is sent, it is one job.
const request = {
  organizationId,
  engine: "studio",
  prompt: PROMPT,
  durationSeconds: Number(SECONDS_OF_MUSIC),
  idempotencyKey: randomUUID(),
};
const job = await watch(await retrying(() => client.createGeneration(request)));
if (job.status !== GenerationStatus.SUCCEEDED || job.playbackUrl === undefined) {
  throw new Error(`The job did not succeed. ${job.errorMessage ?? job.refusalReason ?? ""}`);
}
const audio = await fetch(job.playbackUrl);
if (!audio.ok) throw new Error(`${audio.status}: ${await audio.text()}`);
await writeFile(OUT, Buffer.from(await audio.arrayBuffer()));
process.stdout.write(`${OUT}\n`);
