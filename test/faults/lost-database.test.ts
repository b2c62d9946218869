/** The whole service while its database is not there yet, is there, is lost, and comes back. */
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { expect, it, onTestFinished, vi } from "vitest";
import {
  HealthCheckRequestSchema,
  HealthCheckResponseSchema,
  HealthCheckResponse_ServingStatus as Status,
} from "../../gen/grpc/health/v1/health_pb.ts";
import { failureFrom, GrpcClient } from "../support/grpc-client.ts";
import { launchService, runCommand } from "../support/service-process.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { startReplicaSet } from "./mongod.ts";

vi.setConfig({ testTimeout: 240_000 });
const patience = { timeout: 90_000, interval: 200 };

const organization = "org_abc123";

/** A service whose lines are looked at for what only they tell. */
async function launch(env: Readonly<Record<string, string>>) {
  const port = Promise.withResolvers<number>();
  const waiting = Promise.withResolvers<void>();
  const launched = launchService(await temporaryFolder(), ["--role", "api"], env, (line) => {
    const { operationsPort, msg } = JSON.parse(line) as { operationsPort?: number; msg: string };
    if (msg === "health is served") port.resolve(operationsPort ?? 0);
    if (msg === "waiting for the database") waiting.resolve();
  });
  onTestFinished(() => void launched.process.kill("SIGKILL"));
  const operations = `http://127.0.0.1:${await port.promise}`;
  return { ...launched, operations, waiting: waiting.promise };
}

async function statusOf(url: string, headers: Record<string, string> = {}): Promise<number> {
  const response = await fetch(url, { headers });
  await response.text();
  return response.status;
}

it("waits for it, says 503 on every face while it is gone, and serves when it is back", async () => {
  const { nodes, uri } = await startReplicaSet(1, onTestFinished);
  const [node] = nodes;
  if (node === undefined) throw new Error("no node");
  const env = { MONGODB_URI: uri, SIGNING_SECRET: "s".repeat(32) };
  const keys = ["keys", "create", "--organization", organization, "--user", "user_1"];
  const key = (await runCommand(await temporaryFolder(), keys, env)).stdout.trim();
  await node.kill();

  const launched = await launch({ ...env, OPERATIONS_PORT: "0", DATABASE_WAIT_SECONDS: "600" });
  await launched.waiting;
  expect(await statusOf(`${launched.operations}/livez`)).toBe(200);
  const early = await fetch(`${launched.operations}/readyz`);
  const checks = { startup: "failed", database: "failed" };
  expect([early.status, await early.json()]).toEqual([503, { status: "not_ready", checks }]);

  await node.start();
  const service = await launched.ready;
  const grpcAddress = /"grpc":"([^"]+)"/.exec(service.log)?.[1] ?? "";
  const client = new GrpcClient(grpcAddress);
  onTestFinished(() => client.close());
  const health = async () => {
    const request = toBinary(HealthCheckRequestSchema, create(HealthCheckRequestSchema));
    const answer = await client.bytes("/grpc.health.v1.Health/Check", Buffer.from(request));
    return fromBinary(HealthCheckResponseSchema, answer).status;
  };
  const engines = `${service.url}/v1/music/${organization}/generations`;
  /** What each of those says who are asked: they agree. */
  const all = async () => [
    await statusOf(engines, { "x-api-key": key }),
    await statusOf(`${service.url}/readyz`),
    await statusOf(`${launched.operations}/readyz`),
    await health(),
  ];
  // `ready` has been said, so it is true at once.
  expect(await all()).toEqual([200, 200, 200, Status.SERVING]);

  await node.kill();
  await expect.poll(all, patience).toEqual([503, 503, 503, Status.NOT_SERVING]);
  expect(await statusOf(`${launched.operations}/livez`)).toBe(200);
  const metadata = { "x-api-key": key };
  const call = client.bytes("/music.v1.MusicGenerations/ListEngines", Buffer.alloc(0), {
    metadata,
  });
  expect((await failureFrom(call)).reason).toBe("SERVICE_UNAVAILABLE");

  await node.start();
  await expect.poll(all, patience).toEqual([200, 200, 200, Status.SERVING]);
  const said = service.log.split("\n").flatMap((line) => {
    return /"msg":"(ready|not ready)"/.exec(line)?.[1] ?? [];
  });
  expect(said[0]).toBe("ready");
  expect(said).toContain("not ready");
  expect(said.at(-1)).toBe("ready");
  expect(await service.end("SIGTERM")).toBe(0);
});
