/** The service as a process: killed in the middle, stopped politely, and its command line beside it. */
import { once } from "node:events";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { MPEGDecoder } from "mpg123-decoder";
import { expect, it, onTestFinished, vi } from "vitest";
import { EmbeddedMongod, silent } from "../../src/store/embedded/index.ts";
import {
  type RunningService,
  runCommand,
  startServiceProcess,
} from "../support/service-process.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

// A lease has to run out, and a whole piece is made, perhaps on a busy machine.
vi.setConfig({ testTimeout: 240_000 });

const organization = "org_abc123";

interface Job {
  readonly id: string;
  readonly status: string;
  readonly progress: number;
  readonly attempts: number;
  readonly playback_url: string | null;
  readonly result_track_id: string | null;
}

async function start(dataDir: string): Promise<RunningService> {
  const service = await startServiceProcess(dataDir);
  onTestFinished(() => void service.end("SIGKILL"));
  return service;
}

async function createKey(dataDir: string): Promise<string> {
  const args = ["keys", "create", "--organization", organization, "--user", "user_1", "--json"];
  const { stdout } = await runCommand(dataDir, args);
  return (JSON.parse(stdout) as { key: string }).key;
}

function jobsUrl(service: RunningService): string {
  return `${service.url}/v1/music/${organization}/generations`;
}

async function createJob(service: RunningService, key: string, seconds: number): Promise<Job> {
  const response = await fetch(jobsUrl(service), {
    method: "POST",
    headers: { "x-api-key": key, "content-type": "application/json" },
    body: JSON.stringify({ engine: "studio", prompt: "lofi rain", duration_seconds: seconds }),
  });
  expect(response.status).toBe(202);
  return (await response.json()) as Job;
}

/** The first state of the job that `accepts`, or its last one. */
async function watchUntil(
  service: RunningService,
  key: string,
  jobId: string,
  accepts: (job: Job) => boolean,
): Promise<Job> {
  const headers = { "x-api-key": key, accept: "application/x-ndjson" };
  const stream = await fetch(`${jobsUrl(service)}/${jobId}/events`, { headers });
  let job: Job | null = null;
  let rest = "";
  // Leaving the loop cancels the stream.
  for await (const text of stream.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines.filter((each) => each !== "")) {
      job = JSON.parse(line) as Job;
      if (accepts(job)) return job;
    }
  }
  if (job === null) throw new Error("the stream had no state");
  return job;
}

async function decodedSeconds(bytes: ArrayBuffer): Promise<number> {
  const decoder = new MPEGDecoder();
  await decoder.ready;
  const { samplesDecoded, sampleRate } = decoder.decode(new Uint8Array(bytes));
  decoder.free();
  return samplesDecoded / sampleRate;
}

/** The command lines of the processes that have `text` in theirs. */
async function processesWith(text: string): Promise<string[]> {
  const found: string[] = [];
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    const line = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    if (line.includes(text)) found.push(line.replaceAll("\0", " "));
  }
  return found;
}

it("a job survives SIGKILL of the service: mongod goes, and the next start finishes it, once", async () => {
  const dataDir = await temporaryFolder();
  const first = await start(dataDir);
  const key = await createKey(dataDir);
  const { id } = await createJob(first, key, 60);
  await watchUntil(first, key, id, ({ status, progress }) => status === "running" && progress > 10);
  await first.end("SIGKILL");
  // The start waits for the old mongod to be gone, or ends it; it would fail if it were still there.
  const second = await start(dataDir);
  expect(await processesWith(join(dataDir, "mongod"))).toHaveLength(2);
  const job = await watchUntil(second, key, id, () => false);
  expect(job).toMatchObject({ status: "succeeded", attempts: 2 });
  const audio = await (await fetch(job.playback_url ?? "")).arrayBuffer();
  expect(Math.abs((await decodedSeconds(audio)) - 60)).toBeLessThan(0.05);
  const masters = await readdir(join(dataDir, "artifacts"), { recursive: true });
  expect(masters.filter((name) => name.endsWith("/master.mp3"))).toHaveLength(1);
  expect(await second.end("SIGTERM")).toBe(0);
  expect(await processesWith(dataDir)).toEqual([]);
});

it("SIGTERM hands a running job back at its checkpoint, tells watchers, and exits 0", async () => {
  const dataDir = await temporaryFolder();
  const first = await start(dataDir);
  const key = await createKey(dataDir);
  const { id } = await createJob(first, key, 300);
  await watchUntil(first, key, id, ({ progress }) => progress > 5);
  const headers = { "x-api-key": key };
  const watching = fetch(`${jobsUrl(first)}/${id}/events`, { headers }).then((r) => r.text());
  await watchUntil(first, key, id, ({ progress }) => progress > 8);
  expect(await first.end("SIGTERM")).toBe(0);
  expect(await watching).toMatch(/event: error\ndata: .*SERVICE_UNAVAILABLE/);
  expect(await processesWith(dataDir)).toEqual([]);
  const second = await start(dataDir);
  const resumed = await watchUntil(second, key, id, ({ status, progress }) => {
    return status === "running" && progress > 8;
  });
  expect(resumed.attempts).toBe(1);
  const cancelled = await fetch(`${jobsUrl(second)}/${id}/cancel`, { method: "POST", headers });
  expect(await cancelled.json()).toMatchObject({ status: "cancelled", result_track_id: null });
});

it("a second signal ends it at once, also when it is the other one", async () => {
  const dataDir = await temporaryFolder();
  const service = await start(dataDir);
  const exited = once(service.process, "exit");
  service.process.kill("SIGTERM");
  service.process.kill("SIGINT");
  expect(await exited).toEqual([130, null]);
  // Its watcher ends mongod.
  await expect.poll(() => processesWith(dataDir), { timeout: 10_000 }).toEqual([]);
});

it("the command line makes a track by gRPC, lists it and cancels nothing that has ended", async () => {
  const dataDir = await temporaryFolder();
  const service = await start(dataDir);
  const env = { MUSIC_API_KEY: await createKey(dataDir), MUSIC_URL: service.url };
  const out = join(dataDir, "track.mp3");
  const made = await runCommand(
    dataDir,
    ["generate", "house, 124 bpm", "--seconds", "5", "--out", out],
    env,
  );
  expect(made.stdout.trim()).toBe(out);
  const id = /mgen_[0-9a-f]+/.exec(made.stderr)?.[0] ?? "";
  expect(await decodedSeconds((await readFile(out)).buffer as ArrayBuffer)).toBeCloseTo(5, 1);
  expect((await runCommand(dataDir, ["list"], env)).stdout).toContain(`${id}  succeeded`);
  expect((await runCommand(dataDir, ["cancel", id], env)).stdout.trim()).toBe("succeeded");
  const flac = join(dataDir, "track.flac");
  await runCommand(dataDir, ["generate", "house", "--seconds", "1", "--out", flac], env);
  expect((await readFile(flac)).toString("latin1", 0, 4)).toBe("fLaC");
  const listed = await runCommand(dataDir, ["list", "--json"], env);
  const track = /mtrack_[0-9a-f]+/.exec(listed.stdout)?.[0] ?? "";
  const next = ["--seed-track", track, "--mode", "focus", "--quiet", "--json"];
  const gone = await runCommand(dataDir, ["generate", "on", "--seconds", "1", ...next], env);
  expect(gone.stdout).toContain(`"seed_track_id":"${track}"`);
  expect(gone.stdout).toContain('"mode":"focus"');
  const other = ["--format", "wav", "--stems", "--out", join(dataDir, "track.audio")];
  await runCommand(dataDir, ["generate", "house", "--seconds", "1", ...other], env);
  expect((await readFile(join(dataDir, "track.audio"))).toString("latin1", 0, 4)).toBe("RIFF");
  for (const stem of ["drums", "bass", "harmony", "melody", "effects"]) {
    const bytes = await readFile(join(dataDir, `track-${stem}.flac`));
    expect(bytes.toString("latin1", 0, 4)).toBe("fLaC");
  }
});

it("help shows no key", async () => {
  const env = { MUSIC_API_KEY: "oak_secret" };
  const { stdout } = await runCommand(await temporaryFolder(), ["generate", "--help"], env);
  expect(stdout).toContain("MUSIC_API_KEY");
  expect(stdout).not.toContain("oak_secret");
});

it("a service waits a moment for a folder that a command holds", async () => {
  const dataDir = await temporaryFolder();
  const command = new EmbeddedMongod({ dataDir, report: silent });
  await command.start();
  const starting = startServiceProcess(dataDir, [], {}, (line) => {
    if (line.includes("the data folder is in use; waiting")) void command.stop();
  });
  const service = await starting;
  onTestFinished(() => void service.end("SIGKILL"));
  expect((await fetch(jobsUrl(service))).status).toBe(401);
});

it("a second service on the same folder is refused, and says why", async () => {
  const dataDir = await temporaryFolder();
  await start(dataDir);
  await expect(startServiceProcess(dataDir)).rejects.toThrow(/exit 1[\s\S]*in use/);
});

it("a mistake in the command is explained, with an exit code", async () => {
  const dataDir = await temporaryFolder();
  const run = (args: string[], env = {}) =>
    runCommand(dataDir, args, env).then(
      () => expect.unreachable("the command should fail"),
      ({ code, stderr }: { code: number; stderr: string }) => ({ code, stderr }),
    );
  expect(await run(["serve"], { PORT: "x" })).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("PORT: "),
  });
  expect(await run(["generate", "x"], { MUSIC_API_KEY: "" })).toMatchObject({
    code: 7,
    stderr: expect.stringContaining("keys create"),
  });
  const nobody = { MUSIC_API_KEY: "oak_x", MUSIC_URL: "http://127.0.0.1:9" };
  expect(await run(["generate", "x"], nobody)).toMatchObject({
    code: 6,
    stderr: expect.stringContaining("Is the service running?"),
  });
});
