/** One track over REST: create, watch by Server-Sent Events, download. */
import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

const {
  MUSIC_URL = "http://127.0.0.1:8080",
  MUSIC_API_KEY = "",
  MUSIC_ORGANIZATION = "org_abc123",
  PROMPT = "calm piano, 70 bpm, F major",
  SECONDS_OF_MUSIC = "10",
  OUT = "track.mp3",
} = process.env;

const jobs = `${MUSIC_URL}/v1/music/${MUSIC_ORGANIZATION}/generations`;
const credentials = { "x-api-key": MUSIC_API_KEY };

interface Job {
  readonly id: string;
  readonly version: number;
  readonly status: "queued" | "running" | "succeeded" | "failed" | "cancelled" | "refused";
  readonly progress: number;
  readonly progress_message: string | null;
  readonly error_message: string | null;
  readonly refusal_reason: string | null;
  readonly playback_url: string | null;
}

/** Tries again while the service asks for it; throws the service's own sentence otherwise. */
async function call(url: string, init: RequestInit, tries = 5): Promise<Response> {
  const response = await fetch(url, init);
  if (response.ok) return response;
  if ([429, 503].includes(response.status) && tries > 1) {
    await sleep(1_000 * Number(response.headers.get("retry-after") ?? 1));
    return call(url, init, tries - 1);
  }
  throw new Error(`${response.status}: ${await response.text()}`);
}

async function create(): Promise<Job> {
  const response = await call(jobs, {
    method: "POST",
    // The same key in every try: however often it is sent, it is one job.
    headers: {
      ...credentials,
      "content-type": "application/json",
      "idempotency-key": randomUUID(),
    },
    body: JSON.stringify({
      engine: "studio",
      prompt: PROMPT,
      duration_seconds: Number(SECONDS_OF_MUSIC),
    }),
  });
  return (await response.json()) as Job;
}

/** The events of a stream; this service puts the data of each on one line. */
async function* eventsOf(response: Response): AsyncGenerator<{ type: string; data: string }> {
  let rest = "";
  for await (const text of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const blocks = (rest + text).split("\n\n");
    rest = blocks.pop() ?? "";
    for (const block of blocks) {
      const type = /^event: (.*)$/m.exec(block)?.[1] ?? "message";
      const data = /^data: (.*)$/m.exec(block)?.[1];
      if (data !== undefined) yield { type, data };
    }
  }
}

/** The job once it has ended. A lost stream is taken up again after the last version seen. */
async function watch(job: Job, tries = 5): Promise<Job> {
  let latest = job;
  try {
    const headers = { ...credentials, "last-event-id": String(job.version) };
    for await (const { type, data } of eventsOf(
      await call(`${jobs}/${job.id}/events`, { headers }),
    )) {
      if (type === "error") throw new Error(data); // The service stops; another try finds it again.
      latest = JSON.parse(data) as Job;
      process.stderr.write(`${latest.progress} % ${latest.progress_message ?? latest.status}\n`);
    }
    return latest;
  } catch (error) {
    if (tries <= 1) throw error;
    await sleep(1_000);
    return watch(latest, tries - 1);
  }
}

const job = await watch(await create());
if (job.playback_url === null) {
  throw new Error(`${job.status}: ${job.error_message ?? job.refusal_reason ?? ""}`);
}
const audio = await call(job.playback_url, {});
await writeFile(OUT, Buffer.from(await audio.arrayBuffer()));
process.stdout.write(`${OUT}\n`);
