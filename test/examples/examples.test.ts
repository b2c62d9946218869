/**
 * The example clients, each run as its README says against a real service, through a front that loses an
 * answer, asks for patience and cuts off a stream.
 */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, expect, it, vi } from "vitest";
import { startTestService, type TestService } from "../support/service.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { type Front, grpcFront, restFront } from "./front.ts";
import { has, hasCurl, hasGrpcurl, hasPythonGrpc, hasPythonRequests } from "./tools.ts";

// A first run of the Go client compiles all of gRPC.
vi.setConfig({ testTimeout: 480_000 });

const root = join(import.meta.dirname, "../..");
const execute = promisify(execFile);

let service: TestService;
let key: string;
beforeAll(async () => {
  service = await startTestService();
  key = await service.key("org_abc123", "user_1");
});

async function jobsWith(prompt: string): Promise<readonly { readonly status: string }[]> {
  const url = `${service.url}/v1/music/org_abc123/generations?limit=100`;
  const response = await fetch(url, { headers: { "x-api-key": key } });
  const { jobs } = (await response.json()) as { jobs: { prompt: string; status: string }[] };
  return jobs.filter((job) => job.prompt === prompt);
}

/** Runs `command` in `folder` and expects one job, one track, and that no mishap was missed. */
async function expectTrack(
  front: Front,
  [command = "", ...args]: readonly string[],
  folder = root,
): Promise<void> {
  const prompt = `a test of ${[command, ...args].join(" ")}`;
  const out = join(await temporaryFolder(), "track.mp3");
  const env = {
    ...process.env,
    MUSIC_URL: `http://${front.address}`,
    MUSIC_GRPC: front.address,
    MUSIC_API_KEY: key,
    PROMPT: prompt,
    SECONDS_OF_MUSIC: "2",
    OUT: out,
  };
  const { stdout } = await execute(command, args, { cwd: folder, env, timeout: 240_000 });
  expect(stdout.trim()).toBe(out);
  expect((await readFile(out)).toString("latin1", 0, 3)).toBe("ID3");
  // The first create got through although its answer was lost: without an idempotency key there are two.
  expect(await jobsWith(prompt)).toMatchObject([{ status: "succeeded" }]);
  expect(front.seen).toMatchObject({ creates: 3, watches: 2 });
}

it("TypeScript, REST and Server-Sent Events", async () => {
  await expectTrack(await restFront(service.url), [
    process.execPath,
    "examples/typescript/rest.ts",
  ]);
});

it("TypeScript, gRPC by Connect", async () => {
  const front = await grpcFront(new URL(service.url).host);
  await expectTrack(front, [process.execPath, "examples/typescript/connect.ts"]);
});

it.skipIf(!hasPythonRequests)("Python, requests (skipped without it)", async () => {
  await expectTrack(await restFront(service.url), ["python3", "examples/python/rest_client.py"]);
});

it.skipIf(!hasPythonGrpc)("Python, grpcio (skipped without it and grpcio-tools)", async () => {
  const front = await grpcFront(service.grpcAddress);
  await expectTrack(front, ["python3", "examples/python/grpc_client.py"]);
});

it.skipIf(!hasCurl)("curl (skipped without it)", async () => {
  await expectTrack(await restFront(service.url), ["bash", "examples/shell/curl.sh"]);
});

it.skipIf(!hasGrpcurl)("grpcurl (skipped without it)", async () => {
  const front = await grpcFront(service.grpcAddress);
  await expectTrack(front, ["bash", "examples/shell/grpcurl.sh"]);
});

it("Go, gRPC (skipped without Go or its modules)", async ({ skip }) => {
  const folder = join(root, "examples/go");
  // Only what is here already: a test fetches nothing.
  const modules = has("env", "GOPROXY=off", "go", "-C", folder, "mod", "download");
  if (!modules) skip("no Go, or `go mod download` was not run in examples/go");
  await execute("./generate.sh", [], { cwd: folder });
  const client = join(await temporaryFolder(), "client");
  await execute("go", ["build", "-o", client, "."], { cwd: folder });
  await expectTrack(await grpcFront(service.grpcAddress), [client], folder);
});
