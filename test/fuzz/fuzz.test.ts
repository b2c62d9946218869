/**
 * Every entry under fire: thousands of inputs that are almost right, and some that are not at all. Whatever is
 * sent, an answer is a success or an error of the one table and never a fault of ours; and afterwards the
 * service lives, serves, has logged no error, and holds no more than before.
 *
 * The inputs are the same in every run, unless `FUZZ_SEED` says otherwise; a failure prints its seed, its path
 * and the smallest input that fails. `npm run fuzz` sends tens of thousands, from a seed of its own.
 */
import fc from "fast-check";
import { beforeAll, expect, it, vi } from "vitest";
import { http1Bytes, sendHttp1 } from "./http1.ts";
import { http2Bytes, sendHttp2 } from "./http2.ts";
import type { Holdings } from "./inspector.ts";
import { restRequests, sendRest } from "./rest.ts";
import { rpcCalls } from "./rpc.ts";
import { GrpcSender, sendRpcByHttp1 } from "./send-rpc.ts";
import { startTarget } from "./target.ts";
import { mediaRequests, pageRequests, sendText } from "./text-fields.ts";

const runs = Number(process.env["FUZZ_RUNS"] ?? 300);
const seed = Number(process.env["FUZZ_SEED"] ?? 20_260_101);
/** A thousand inputs take some seconds; this is for a machine that is ten times slower. */
vi.setConfig({ testTimeout: 60_000 + runs * 100, hookTimeout: 120_000 + runs * 100 });

/** Caches of fixed size may fill; a leak of 1 KiB a request would be far beyond it in the long run. */
const heapGrowthMiB = 12;
/** Those of the service's own loops come and go. */
const slackTimers = 3;

const target = await startTarget();
let before: Holdings;

// Its code is compiled and its pools are full before anything is compared.
beforeAll(async () => {
  await fire(restRequests(target), (request) => sendRest(target, request));
  before = await target.inspector.look();
});

async function fire<T>(inputs: fc.Arbitrary<T>, send: (input: T) => Promise<void>) {
  const property = fc.asyncProperty(inputs, send);
  await fc.assert(property, { seed, numRuns: runs, endOnFailure: true });
  await target.expectServing();
}

it("REST", () => fire(restRequests(target), (request) => sendRest(target, request)));
it("bytes of HTTP/1.1", () => fire(http1Bytes(target), (pieces) => sendHttp1(target, pieces)));

it("signed media URLs", () => fire(mediaRequests(target), (each) => sendText(target, each)));
it("page tokens", () => fire(pageRequests(target), (each) => sendText(target, each)));

it("Connect", () => fire(rpcCalls(target, "Connect"), (call) => sendRpcByHttp1(target, call)));
it("gRPC-Web", () => fire(rpcCalls(target, "Web"), (call) => sendRpcByHttp1(target, call)));
it.each(["port", "grpcPort"] as const)("gRPC on the %s", async (port) => {
  const sender = new GrpcSender(target[port]);
  await fire(rpcCalls(target, "gRPC"), (call) => sender.send(call));
  sender.close();
});

it.each(["port", "grpcPort"] as const)("frames of HTTP/2 on the %s", (port) =>
  fire(http2Bytes, (pieces) => sendHttp2(target, port, pieces)),
);

it("holds no more afterwards: no connection, no timer, no memory", async () => {
  const { TCPSocketWrap: sockets = 0, Timeout: timers = 0 } = before.resources;
  // The last connections end a moment after their clients.
  await expect
    .poll(async () => {
      const { TCPSocketWrap = 0, Timeout = 0 } = (await target.inspector.look()).resources;
      return TCPSocketWrap <= sockets && Timeout <= timers + slackTimers;
    })
    .toBe(true);
  const { heapBytes } = await target.inspector.look();
  expect((heapBytes - before.heapBytes) / 1024 / 1024).toBeLessThan(heapGrowthMiB);
});
