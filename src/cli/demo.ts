/**
 * `demo`: a first track by the whole system on a machine that has nothing: the service with its embedded
 * database on a free port, asked over REST, watched as a stream, the audio fetched by its signed URL.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import type { ReadableStream } from "node:stream/web";
import type { Command } from "commander";
import { readConfig } from "../base/config.ts";
import { createLog } from "../base/log.ts";
import type { ServiceProcess } from "../compose.ts";
import { wholeSeconds } from "./arguments.ts";
import { download } from "./download.ts";
import { withExamples } from "./output.ts";
import { createProgressView } from "./progress.ts";

/** The part of the REST answer that the demo reads. */
interface JobAnswer {
  readonly id: string;
  readonly status: string;
  readonly progress: number;
  readonly progress_message: string | null;
  readonly error_message: string | null;
  readonly playback_url: string | null;
  readonly track: { readonly title: string; readonly measured_duration_seconds: number } | null;
}

const organization = "org_demo";
const defaultPrompt = "warm lo-fi hip hop for a rainy evening, 78 bpm, D minor";

async function call(url: string, key: string, init: RequestInit = {}): Promise<Response> {
  const headers = { "x-api-key": key, accept: "application/json", ...init.headers };
  const response = await fetch(url, { ...init, headers });
  if (response.ok) return response;
  throw new Error(`${response.status} ${await response.text()}`);
}

/** Creates the job, shows it until it has ended, and returns its last state. */
async function makeTrack(base: string, key: string, prompt: string, seconds: number) {
  const jobs = `${base}/v1/music/${organization}/generations`;
  const created = await call(jobs, key, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ engine: "studio", prompt, duration_seconds: seconds }),
  });
  let job = (await created.json()) as JobAnswer;
  const stream = await call(`${jobs}/${job.id}/events`, key, {
    headers: { accept: "application/x-ndjson" },
  });
  const view = createProgressView(process.stderr);
  const input = Readable.fromWeb(stream.body as ReadableStream<Uint8Array>);
  for await (const line of createInterface({ input })) {
    job = JSON.parse(line) as JobAnswer;
    view.show({ ...job, message: job.progress_message });
  }
  view.end();
  return job;
}

async function run(service: ServiceProcess, prompt: string, options: DemoOptions): Promise<void> {
  const { key } = await service.apiKeys.create(organization, "user_demo");
  console.error(`Asking for ${options.seconds} s of “${prompt}”`);
  const job = await makeTrack(service.url, key, prompt, options.seconds);
  if (job.playback_url === null || job.track === null) {
    throw new Error(`The job ended as ${job.status}. ${job.error_message ?? ""}`);
  }
  const path = resolve(options.out);
  await download(job.playback_url, path);
  console.log(`“${job.track.title}”, ${job.track.measured_duration_seconds} s: ${path}`);
  console.error(
    [
      "",
      "Go on with a service of your own:",
      "  npm start",
      "  npm run -s cli -- keys create --organization org_abc123 --user user_1",
      "  export MUSIC_API_KEY=oak_…",
      '  npm run -s cli -- generate "your prompt" --seconds 30 --out track.mp3',
    ].join("\n"),
  );
}

interface DemoOptions {
  readonly seconds: number;
  readonly out: string;
}

async function demo(prompt: string | undefined, options: DemoOptions): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), "music-demo-"));
  const config = readConfig({ DATA_DIR: dataDir, PORT: "0", GRPC_PORT: "0", LOG_LEVEL: "warn" });
  const stopped = Promise.withResolvers<never>();
  const interrupt = () => stopped.reject(new Error("Interrupted."));
  process.once("SIGINT", interrupt).once("SIGTERM", interrupt);
  const { createServiceProcess } = await import("../compose.ts");
  const service = createServiceProcess(config, {
    log: createLog(config.LOG_LEVEL),
    onFatal: (error) => stopped.reject(error),
    report: (message) => console.error(message),
  });
  try {
    await Promise.race([
      stopped.promise,
      service.start().then(() => run(service, prompt ?? defaultPrompt, options)),
    ]);
  } finally {
    await service.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

/** Adds the command to `program`. */
export function addDemoCommand(program: Command): void {
  const command = program
    .command("demo [prompt]")
    .description("Make a first track with everything on this machine")
    .option("--seconds <n>", "its length", wholeSeconds, 30)
    .option("--out <file>", "where to put it", "demo.mp3")
    .action(demo);
  withExamples(command, "music demo", 'music demo "slow blues in E" --seconds 45 --out blues.mp3');
}
