/** The port for gRPC alone: health, reflection, its bounds, and a stop in the middle of calls. */
import { once } from "node:events";
import http2 from "node:http2";
import { create, createFileRegistry, fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import {
  Code,
  createContextKey,
  createContextValues,
  type HandlerContext,
} from "@connectrpc/connect";
import * as grpc from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { describe, expect, it, onTestFinished } from "vitest";
import { file_google_rpc_error_details } from "../../gen/google/rpc/error_details_pb.ts";
import { Health, HealthCheckResponse_ServingStatus } from "../../gen/grpc/health/v1/health_pb.ts";
import { MusicGenerations } from "../../gen/music/v1/music_generations_pb.ts";
import { toConnectError } from "../../src/api/errors.ts";
import { serviceErrorOfRpcFault } from "../../src/api/rpc-faults.ts";
import { systemClock } from "../../src/base/clock.ts";
import { type GrpcLimits, GrpcListener } from "../../src/server/grpc/index.ts";
import { failureFrom, failureOf, GrpcClient, pathOf } from "../support/grpc-client.ts";
import { silentLog } from "../support/store.ts";

const { getGeneration, watchGeneration } = MusicGenerations.method;
const unreadableKey = createContextKey<unknown>(null);

/** Answers the id that it was asked for, once `gate` is open. */
class Implementation {
  readonly contexts: HandlerContext[] = [];
  readonly gate = Promise.withResolvers<void>();
  readonly begun = Promise.withResolvers<void>();

  async getGeneration({ jobId }: { jobId: string }, context: HandlerContext) {
    this.#begin(context);
    if (jobId.startsWith("wait")) await this.gate.promise;
    return { id: jobId };
  }

  async *watchGeneration({ jobId }: { jobId: string }, context: HandlerContext) {
    this.#begin(context);
    yield { id: jobId, version: 1 };
    await this.gate.promise;
    yield { id: jobId, version: 2 };
  }

  #begin(context: HandlerContext): void {
    if (context.values.get(unreadableKey) !== null) throw new TypeError("unreadable");
    this.contexts.push(context);
    this.begun.resolve();
  }
}

/** A listener over the implementation; the methods that it lacks answer nothing. */
function listenerOf(implementation: Implementation, limits: Partial<GrpcLimits> = {}) {
  const nothing = MusicGenerations.methods.map(({ localName }) => [localName, () => ({})]);
  const { getGeneration, watchGeneration } = implementation;
  return new GrpcListener({
    services: [
      {
        service: MusicGenerations,
        implementation: {
          ...Object.fromEntries(nothing),
          getGeneration: getGeneration.bind(implementation),
          watchGeneration: watchGeneration.bind(implementation),
        },
        interceptors: [],
        contextValues: (unreadable) => createContextValues().set(unreadableKey, unreadable),
      },
    ],
    reflect: { health: Health, details: [file_google_rpc_error_details] },
    clock: systemClock,
    log: silentLog,
    limits,
    certificate: null,
    requestId: (sent) => sent ?? "made",
    encodeFault: (fault, id) => toConnectError(serviceErrorOfRpcFault(fault), id),
  });
}

async function serve(limits: Partial<GrpcLimits> = {}) {
  const implementation = new Implementation();
  const listener = listenerOf(implementation, limits);
  const address = await listener.listen({ host: "127.0.0.1", port: 0, setting: "GRPC_PORT" });
  const client = new GrpcClient(address);
  onTestFinished(async () => {
    implementation.gate.resolve();
    client.close();
    await listener.close(0);
  });
  return { listener, address, client, implementation };
}

describe("health", () => {
  const { SERVING, NOT_SERVING } = HealthCheckResponse_ServingStatus;

  it.each(["", "music.v1.MusicGenerations"])("of %j follows the readiness", async (service) => {
    const { listener, client } = await serve();
    const check = async () => (await client.unary(Health.method.check, { service })).status;
    expect(await check()).toBe(NOT_SERVING);
    const seen: number[] = [];
    const watch = client.stream(Health.method.watch, { service });
    watch.on("data", ({ status }) => seen.push(status));
    watch.on("error", () => undefined);
    await expect.poll(() => seen).toEqual([NOT_SERVING]);
    listener.setReady(true);
    expect(await check()).toBe(SERVING);
    await expect.poll(() => seen).toEqual([NOT_SERVING, SERVING]);
    const ended = once(watch, "error");
    void listener.close(1_000);
    const [error] = await ended;
    expect(seen).toEqual([NOT_SERVING, SERVING, NOT_SERVING]);
    expect(failureOf(error)).toMatchObject({
      code: grpc.status.UNAVAILABLE,
      reason: "SERVICE_UNAVAILABLE",
      retryAfterSeconds: 1,
    });
  });

  it("of a service that is not here is NOT_FOUND", async () => {
    const { client } = await serve();
    const failure = await failureFrom(client.unary(Health.method.check, { service: "other" }));
    expect(failure.code).toBe(grpc.status.NOT_FOUND);
  });
});

describe("reflection", () => {
  const file = "grpc/reflection/v1/reflection.proto";
  const includeDirs = ["node_modules/@grpc/reflection/build/proto"];
  const loaded = grpc.loadPackageDefinition(loadSync(file, { includeDirs })) as never as {
    grpc: { reflection: { v1: { ServerReflection: grpc.ServiceClientConstructor } } };
  };

  type Reflected = { listServicesResponse?: { service: { name: string }[] } } & {
    fileDescriptorResponse?: { fileDescriptorProto: Buffer[] };
  };

  async function ask(address: string, request: object): Promise<Reflected> {
    const { ServerReflection } = loaded.grpc.reflection.v1;
    const client = new ServerReflection(address, grpc.credentials.createInsecure());
    const call = client["ServerReflectionInfo"]?.() as grpc.ClientDuplexStream<object, Reflected>;
    call.write(request);
    call.end();
    const answers: Reflected[] = [];
    for await (const answer of call) answers.push(answer as Reflected);
    client.close();
    return answers[0] ?? {};
  }

  it("lists the services", async () => {
    const { address } = await serve();
    const { listServicesResponse } = await ask(address, { listServices: "*" });
    expect(listServicesResponse?.service.map(({ name }) => name).sort()).toEqual([
      "grpc.health.v1.Health",
      "music.v1.MusicGenerations",
    ]);
  });

  it.each(["music.v1.MusicGenerations", "grpc.health.v1.Health", "google.rpc.ErrorInfo"])(
    "gives files of %s that can be built from",
    async (symbol) => {
      const { address } = await serve();
      const found = new Map<string, ReturnType<typeof decode>>();
      const decode = (bytes: Buffer) => fromBinary(FileDescriptorProtoSchema, bytes);
      const collect = async (request: object) => {
        const { fileDescriptorResponse } = await ask(address, request);
        for (const proto of fileDescriptorResponse!.fileDescriptorProto.map(decode)) {
          if (found.has(proto.name)) continue;
          found.set(proto.name, proto);
          for (const name of proto.dependency) {
            if (!found.has(name)) await collect({ fileByFilename: name });
          }
        }
      };
      await collect({ fileContainingSymbol: symbol });
      const set = create(FileDescriptorSetSchema, { file: ordered([...found.values()]) });
      expect(createFileRegistry(set).get(symbol)?.typeName).toBe(symbol);
    },
  );
});

/** Each file after those that it imports. */
function ordered<F extends { name: string; dependency: string[] }>(files: F[]): F[] {
  const done: F[] = [];
  const add = (file: F) => {
    if (done.includes(file)) return;
    for (const each of files) if (file.dependency.includes(each.name)) add(each);
    done.push(file);
  };
  for (const file of files) add(file);
  return done;
}

describe("what the port refuses is told with details", () => {
  it("an unknown method", async () => {
    const { client } = await serve();
    const metadata = { "x-request-id": "mine" };
    const call = client.bytes("/music.v1.MusicGenerations/Nothing", Buffer.alloc(0), { metadata });
    expect(await failureFrom(call)).toMatchObject({
      code: grpc.status.UNIMPLEMENTED,
      reason: "ROUTE_NOT_FOUND",
      requestId: "mine",
    });
  });

  it("a message that is too large", async () => {
    const { client } = await serve({ maxRequestBytes: 1_000 });
    const call = client.bytes(pathOf(getGeneration), Buffer.alloc(1_001));
    expect(await failureFrom(call)).toMatchObject({
      code: grpc.status.RESOURCE_EXHAUSTED,
      reason: "PAYLOAD_TOO_LARGE",
    });
  });

  it("metadata that is too large", async () => {
    const { client } = await serve({ maxMetadataBytes: 1_000 });
    const call = client.unary(getGeneration, {}, { metadata: { large: "x".repeat(1_000) } });
    expect(await failureFrom(call)).toMatchObject({
      code: grpc.status.RESOURCE_EXHAUSTED,
      reason: "HEADERS_TOO_LARGE",
    });
  });

  it("a port that is taken, by its setting", async () => {
    const { address } = await serve();
    const at = { host: "127.0.0.1", port: Number(address.split(":")[1]), setting: "GRPC_PORT" };
    await expect(listenerOf(new Implementation()).listen(at)).rejects.toThrow(
      /^cannot listen on 127\.0\.0\.1:\d+ \(HOST and GRPC_PORT\): something else/,
    );
  });
});

describe("a call", () => {
  const waiting = { jobId: "wait" };

  it("that the client cancels aborts its signal", async () => {
    const { client, implementation } = await serve();
    const call = client.unary(getGeneration, waiting, {
      onCall: (call) => void implementation.begun.promise.then(() => call.cancel()),
    });
    expect((await failureFrom(call)).code).toBe(grpc.status.CANCELLED);
    const [context] = implementation.contexts;
    await expect.poll(() => context?.signal.aborted).toBe(true);
    expect(context?.signal.reason).toMatchObject({ code: Code.Canceled });
    expect(context?.timeoutMs()).toBeUndefined();
  });

  it("that is answered is not aborted", async () => {
    const { client, implementation } = await serve();
    expect(await client.unary(getGeneration, { jobId: "a" })).toMatchObject({ id: "a" });
    await client.unary(getGeneration, { jobId: "b" });
    expect(implementation.contexts[0]?.signal.aborted).toBe(false);
  });

  it("whose deadline passes aborts its signal, and is told so with details", async () => {
    const { address, implementation } = await serve();
    // Not by grpc-js, whose own timer would end the call, sooner or later than the server's.
    const session = http2.connect(`http://${address}`);
    onTestFinished(() => session.destroy());
    const stream = session.request({
      ":method": "POST",
      ":path": pathOf(getGeneration),
      "content-type": "application/grpc",
      te: "trailers",
      "grpc-timeout": "1S",
    });
    // One message, `job_id: "wait"` (field 2), in its envelope.
    stream.end(Buffer.from("\0\0\0\0\x06\x12\x04wait", "latin1"));
    const [headers] = await once(stream, "response");
    expect(headers["grpc-status"]).toBe(String(grpc.status.DEADLINE_EXCEEDED));
    expect(headers["grpc-status-details-bin"]).toBeDefined();
    const [context] = implementation.contexts;
    await expect.poll(() => context?.signal.aborted).toBe(true);
    expect(context?.signal.reason).toMatchObject({ code: Code.DeadlineExceeded });
    expect(context?.timeoutMs()).toBeLessThanOrEqual(0);
  });
});

it("tells clients how many calls a connection may have at once", async () => {
  const { address } = await serve({ maxConcurrentStreams: 7 });
  const session = http2.connect(`http://${address}`);
  onTestFinished(() => session.destroy());
  const [settings] = await once(session, "remoteSettings");
  expect(settings.maxConcurrentStreams).toBe(7);
});

describe("a stop", () => {
  it("says GOAWAY, takes no more, and lets what runs be answered", async () => {
    const { listener, address, client, implementation } = await serve();
    const answer = client.unary(getGeneration, { jobId: "wait" });
    await implementation.begun.promise;
    const other = http2.connect(`http://${address}`);
    await once(other, "remoteSettings");
    const [goaway, gone] = [once(other, "goaway"), once(other, "close")];
    const closed = listener.close(20_000);
    expect((await goaway)[0]).toBe(0);
    await gone;
    const late = await failureFrom(new GrpcClient(address).unary(getGeneration, { jobId: "b" }));
    expect(late.code).toBe(grpc.status.UNAVAILABLE);
    implementation.gate.resolve();
    expect(await answer).toMatchObject({ id: "wait" });
    await closed;
  });

  it("ends what does not end within its bound", async () => {
    const { listener, client, implementation } = await serve();
    const answer = failureFrom(client.unary(getGeneration, { jobId: "wait" }));
    const watch = client.stream(watchGeneration, { jobId: "wait" });
    watch.on("error", () => undefined);
    await once(watch, "data");
    const ended = once(watch, "error");
    await listener.close(50);
    expect((await answer).code).not.toBe(grpc.status.OK);
    expect(failureOf((await ended)[0]).code).not.toBe(grpc.status.OK);
    for (const { signal } of implementation.contexts) {
      await expect.poll(() => signal.aborted).toBe(true);
    }
  });
});
