/** What operators see: the metrics of a service that was used, and how few words may be in them. */
import { mkdtemp, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { expect, it, onTestFinished } from "vitest";
import { MusicGenerations } from "../../gen/music/v1/music_generations_pb.ts";
import type { Job } from "../../src/generations/job.ts";
import { createMetrics } from "../../src/metrics/metrics.ts";
import { runCommand, startServiceProcess } from "../support/service-process.ts";

/** The samples of a scrape: `name{labels}` to value. */
function samplesOf(text: string): Map<string, number> {
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(
    lines.map((line) => {
      const end = line.lastIndexOf(" ");
      return [line.slice(0, end), Number(line.slice(end + 1))];
    }),
  );
}

const none = async () => [];

function endedJob(change: Partial<Job>): Job {
  const at = (seconds: number) => new Date(1_000_000 + seconds * 1_000);
  const attempt = { epoch: 1, startedAt: at(2), endedAt: at(6), outcome: "succeeded" as const };
  return {
    engine: "studio",
    status: "succeeded",
    createdAt: at(0),
    startedAt: at(2),
    endedAt: at(6),
    history: [{ ...attempt, failure: null }],
    track: { measuredDurationSeconds: 60 },
    cancel: null,
    ...change,
  } as unknown as Job;
}

it("an attempt counts once, with its wait, its length and its speed", async () => {
  const metrics = createMetrics(none);
  metrics.attemptEnded(endedJob({}));
  const samples = samplesOf(await metrics.text());
  const labels = 'engine="studio"';
  expect(samples.get(`music_attempts_total{${labels},outcome="succeeded",failure="none"}`)).toBe(1);
  expect(samples.get(`music_jobs_ended_total{${labels},status="succeeded"}`)).toBe(1);
  expect(samples.get(`music_job_wait_seconds_sum{${labels}}`)).toBe(2);
  expect(samples.get(`music_attempt_duration_seconds_sum{${labels},outcome="succeeded"}`)).toBe(4);
  expect(samples.get(`music_real_time_factor_sum{${labels}}`)).toBe(15);
});

it("a job that goes on has not ended, and a second attempt waited for nobody", async () => {
  const metrics = createMetrics(none);
  const [first] = endedJob({}).history;
  const failure = { kind: "storage", message: "" } as const;
  const failed = { ...first!, outcome: "failed" as const, failure };
  metrics.attemptEnded(endedJob({ status: "queued", endedAt: null, history: [failed] }));
  metrics.attemptEnded(endedJob({ history: [failed, first!] }));
  const samples = samplesOf(await metrics.text());
  const labels = 'engine="studio"';
  expect(samples.get(`music_attempts_total{${labels},outcome="failed",failure="storage"}`)).toBe(1);
  expect(samples.get(`music_jobs_ended_total{${labels},status="succeeded"}`)).toBe(1);
  expect(samples.get(`music_job_wait_seconds_count{${labels}}`)).toBe(1);
});

it("a scrape while the database is away still tells the rest", async () => {
  const metrics = createMetrics(() => Promise.reject(new Error("away")));
  const ended = metrics.watching();
  metrics.watching();
  ended();
  expect(samplesOf(await metrics.text()).get("music_watchers")).toBe(1);
});

it("a service that was used tells it on the operators' port, in no tenant's words", async () => {
  const dataDir = await mkdtemp(join(tmpdir(), "music-metrics-"));
  const service = await startServiceProcess(dataDir, [], { OPERATIONS_PORT: "0" });
  onTestFinished(() => void service.end("SIGKILL"));
  const { operationsPort, grpc } = JSON.parse(
    service.log.split("\n").find((line) => line.includes('"msg":"ready"')) ?? "{}",
  );
  const organization = "org_secret";
  const args = ["keys", "create", "--organization", organization, "--user", "user_secret"];
  const key = (await runCommand(dataDir, args)).stdout.trim();
  const headers = { "x-api-key": key, "content-type": "application/json" };
  const url = `${service.url}/v1/music/${organization}/generations`;
  const body = JSON.stringify({ engine: "studio", prompt: "a secret song", duration_seconds: 1 });
  const made = await fetch(url, {
    method: "POST",
    headers: { ...headers, prefer: "wait=30" },
    body,
  });
  expect(await made.json()).toMatchObject({ status: "succeeded" });
  await fetch(`${url}/mgen_none`, { headers });
  // Refused before the call's message is read.
  const stranger = { ...headers, "x-api-key": "oak_none" };
  await fetch(`${url}/mgen_none`, { headers: stranger });
  // Refused by the gateway, each in another check.
  const post = (content: string) => fetch(url, { method: "POST", headers, body: content });
  await post("{");
  await post('{"duration_seconds": -1, "style_tags": 7}');
  await post("x".repeat(300_000));
  await fetch(url, { headers: { ...headers, accept: "image/png" } });
  await fetch(`${service.url}/v1/nothing`, { headers });
  await fetch(url, { method: "PATCH", headers });
  const rpc = `${service.url}/music.v1.MusicGenerations/GetTrack`;
  await fetch(rpc, { method: "POST", headers: stranger, body: "{}" });
  const transport = createGrpcTransport({ baseUrl: `http://${grpc}` });
  const client = createClient(MusicGenerations, transport);
  await client.listEngines({ organizationId: organization }, { headers: { "x-api-key": key } });
  const scrape = async () => (await fetch(`http://127.0.0.1:${operationsPort}/metrics`)).text();
  const text = await scrape();
  const samples = samplesOf(text);
  const calls = (face: string, method: string, code: string) =>
    samples.get(
      `music_call_duration_seconds_count{face="${face}",method="${method}",code="${code}"}`,
    );
  expect(calls("rest", "CreateGeneration", "OK")).toBe(1);
  expect(calls("rest", "GetGeneration", "RESOURCE_NOT_FOUND")).toBe(1);
  expect(calls("rest", "GetGeneration", "AUTHENTICATION_REQUIRED")).toBe(1);
  expect(calls("rest", "CreateGeneration", "MALFORMED_REQUEST")).toBe(1);
  expect(calls("rest", "CreateGeneration", "VALIDATION_ERROR")).toBe(1);
  expect(calls("rest", "CreateGeneration", "PAYLOAD_TOO_LARGE")).toBe(1);
  expect(calls("rest", "ListGenerations", "NOT_ACCEPTABLE")).toBe(1);
  expect(calls("rest", "unknown", "ROUTE_NOT_FOUND")).toBe(1);
  expect(calls("rest", "unknown", "METHOD_NOT_ALLOWED")).toBe(1);
  const inAll = [...samples].filter(([name]) => name.includes('count{face="rest"'));
  expect(inAll.reduce((sum, [, count]) => sum + count, 0)).toBe(9);
  expect(calls("connect", "GetTrack", "AUTHENTICATION_REQUIRED")).toBe(1);
  expect(calls("grpc", "ListEngines", "OK")).toBe(1);
  expect(samples.get('music_jobs_ended_total{engine="studio",status="succeeded"}')).toBe(1);
  expect(samples.get("process_resident_memory_bytes")).toBeGreaterThan(1e6);
  expect(text).not.toContain("secret");
  const ready = await fetch(`http://127.0.0.1:${operationsPort}/readyz`);
  expect(ready.status).toBe(200);
  expect(await service.end("SIGTERM")).toBe(0);
});

it("each metric is in the documents, as it describes itself", async () => {
  const text = await createMetrics(none).text();
  const described = [...text.matchAll(/^# HELP (music_\w+) (.*)\n# TYPE \1 (\w+)$/gm)];
  expect(described.length).toBeGreaterThan(10);
  const rows = described.map(([, name, help, type]) => `| \`${name}\` | ${type} | ${help} |`);
  const table = ["| metric | type | what it is |", "| --- | --- | --- |", ...rows].join("\n");
  const page = await readFile(join(import.meta.dirname, "../../docs/operations.md"), "utf8");
  expect(page).toContain(table);
});
