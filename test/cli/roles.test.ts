/** Several processes on one database: calls served by one, jobs run by others. */
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from "vitest";
import { startTestMongo, type TestMongo } from "../support/mongo.ts";
import {
  type RunningService,
  runCommand,
  startServiceProcess,
} from "../support/service-process.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

// A lease has to run out, and a whole piece is made, perhaps on a busy machine.
vi.setConfig({ testTimeout: 240_000 });

const organization = "org_abc123";
let mongo: TestMongo;
beforeAll(async () => {
  mongo = await startTestMongo();
});
afterAll(() => mongo.stop());

interface Job {
  readonly id: string;
  readonly status: string;
  readonly attempts: number;
  readonly playback_url: string | null;
}

async function setUp() {
  const dataDir = await temporaryFolder();
  const env = { MONGODB_URI: mongo.uri, SIGNING_SECRET: "s".repeat(32) };
  // Each process has a folder of its own: the database is all that they share.
  const start = async (role: string): Promise<RunningService> => {
    const service = await startServiceProcess(await temporaryFolder(), ["--role", role], env);
    onTestFinished(() => void service.end("SIGKILL"));
    return service;
  };
  const args = ["keys", "create", "--organization", organization, "--user", "user_1"];
  const key = (await runCommand(dataDir, args, env)).stdout.trim();
  const api = await start("api");
  const url = `${api.url}/v1/music/${organization}/generations`;
  const headers = { "x-api-key": key, "content-type": "application/json" };
  const create = async (seconds: number): Promise<Job> => {
    const body = JSON.stringify({ engine: "studio", prompt: "rain", duration_seconds: seconds });
    return (await (await fetch(url, { method: "POST", headers, body })).json()) as Job;
  };
  const states = async function* (id: string): AsyncGenerator<Job> {
    const accept = "application/x-ndjson";
    const response = await fetch(`${url}/${id}/events`, { headers: { ...headers, accept } });
    let rest = "";
    for await (const text of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) if (line !== "") yield JSON.parse(line) as Job;
    }
  };
  return { api, start, create, states, url, headers };
}

async function last(states: AsyncGenerator<Job>): Promise<Job> {
  let job: Job | null = null;
  for await (const state of states) job = state;
  if (job === null) throw new Error("the stream had no state");
  return job;
}

it("a job waits for a worker, is run by one, and its track is served by the other process", async () => {
  const { api, start, create, states } = await setUp();
  const { id } = await create(2);
  const watching = last(states(id));
  const worker = await start("worker");
  const job = await watching;
  expect(job).toMatchObject({ status: "succeeded", attempts: 1 });
  expect((await fetch(job.playback_url ?? "")).status).toBe(200);
  expect([await worker.end("SIGTERM"), await api.end("SIGTERM")]).toEqual([0, 0]);
});

it("a cancel reaches the worker in the other process while the call waits", async () => {
  const { start, create, states, url, headers } = await setUp();
  await start("worker");
  const { id } = await create(600);
  for await (const { status } of states(id)) if (status === "running") break;
  const cancelled = await fetch(`${url}/${id}/cancel`, { method: "POST", headers });
  expect(await cancelled.json()).toMatchObject({ status: "cancelled" });
});

it("a job of a killed worker is finished by another, once", async () => {
  const { start, create, states } = await setUp();
  const first = await start("worker");
  const { id } = await create(30);
  for await (const { status } of states(id)) if (status === "running") break;
  const watching = last(states(id));
  await first.end("SIGKILL");
  await start("worker");
  expect(await watching).toMatchObject({ status: "succeeded", attempts: 2 });
});

it("a role alone needs a database that others can reach", async () => {
  const dataDir = await temporaryFolder();
  await expect(runCommand(dataDir, ["serve", "--role", "api"])).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringContaining("MONGODB_URI: is required with --role api"),
  });
});
