/** What a real run tells others: spans to a collector, lines to a log, and in neither what is not theirs. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { expect, inject, it, onTestFinished } from "vitest";
import { systemRandom } from "../../src/base/random.ts";
import { runCommand, startServiceProcess } from "../support/service-process.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

/** A collector that keeps what it is sent. */
async function startCollector() {
  const received: Buffer[] = [];
  const paths = new Set<string>();
  const server = createServer(async (request, response) => {
    paths.add(request.url ?? "");
    received.push(await buffer(request));
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return { endpoint: `http://127.0.0.1:${port}`, paths, all: () => Buffer.concat(received) };
}

const traceId = "0af7651916cd43dd8448eb211c80319c";
const traceparent = `00-${traceId}-b7ad6b7169203331-01`;
const organization = "org_abc123";
const prompt = "xylophone lullaby for a purple whale";
const refused = "a song in the style of Taylor Swift";

it.each(["info", "trace"])("at %s", async (level) => {
  const collector = await startCollector();
  const secret = `signing-${systemRandom.hex(20)}`;
  const uri = inject("mongoUri").replace(/\/(\?|$)/, `/run_${systemRandom.hex(6)}$1`);
  const env = {
    MONGODB_URI: uri,
    SIGNING_SECRET: secret,
    LOG_LEVEL: level,
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
  };
  const folder = await temporaryFolder();
  const args = ["keys", "create", "--organization", organization, "--user", "user_1"];
  const key = (await runCommand(folder, args, env)).stdout.trim();
  const service = await startServiceProcess(folder, [], env);
  onTestFinished(() => void service.process.kill("SIGKILL"));
  const jobs = `${service.url}/v1/music/${organization}/generations`;
  const headers = { "x-api-key": key, "content-type": "application/json", traceparent };
  const make = async (text: string) => {
    const body = JSON.stringify({ engine: "studio", prompt: text, duration_seconds: 1 });
    const made = await (await fetch(jobs, { method: "POST", headers, body })).json();
    const { id } = made as { id: string };
    await (await fetch(`${jobs}/${id}/events`, { headers })).text();
    return (await (await fetch(`${jobs}/${id}`, { headers })).json()) as Record<string, string>;
  };
  const { status, playback_url: media = "" } = await make(prompt);
  expect(status).toBe("succeeded");
  expect((await make(refused))["status"]).toBe("refused");
  // And what goes wrong: with a link, a key, a body.
  await fetch(media);
  await fetch(`${media}x`);
  await fetch(jobs, { headers: { authorization: `Bearer ${key}x` } });
  await fetch(jobs, { method: "POST", headers, body: `{"prompt": "${prompt}"` });
  expect(await service.end("SIGTERM")).toBe(0);

  const { log } = service;
  for (const hidden of [key, key.slice(4, 40), secret]) expect(log).not.toContain(hidden);
  if (level === "info") for (const text of [prompt, refused]) expect(log).not.toContain(text);
  const line = log.split("\n").find((each) => each.includes("refused by policy")) ?? "{}";
  expect(JSON.parse(line)).toMatchObject({ traceId, jobId: expect.stringMatching(/^mgen_/) });

  const sent = collector.all();
  expect([...collector.paths]).toEqual(["/v1/traces"]);
  expect(sent.includes(Buffer.from(traceId, "hex"))).toBe(true);
  for (const name of ["CreateGeneration", "queue", "render", "music-generations"]) {
    expect(sent.includes(name)).toBe(true);
  }
  for (const hidden of [key, secret, prompt, refused]) expect(sent.includes(hidden)).toBe(false);
});

it("a collector that does not answer keeps nobody waiting", async () => {
  const env = {
    MONGODB_URI: inject("mongoUri"),
    SIGNING_SECRET: "s".repeat(32),
    OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:9",
  };
  const service = await startServiceProcess(await temporaryFolder(), ["--role", "api"], env);
  onTestFinished(() => void service.process.kill("SIGKILL"));
  expect((await fetch(`${service.url}/readyz`)).status).toBe(200);
  expect(await service.end("SIGTERM")).toBe(0);
});
