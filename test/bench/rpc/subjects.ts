/**
 * What `grpc.ts` measures, each in a process of its own: the port for gRPC with all that surrounds a call
 * (credential, organization, validation, error model) over a store that answers from memory; a bare grpc-js
 * handler that sends a ready answer, with the serializer of the service and with that of proto-loader; and
 * Connect's handler over the same implementation.
 */
import http2 from "node:http2";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fromBinary, type Message, toBinary } from "@bufbuild/protobuf";
import { createContextValues, type Interceptor, type ServiceImpl } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import * as grpc from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { pino } from "pino";
import { Health } from "../../../gen/grpc/health/v1/health_pb.ts";
import { MusicGenerations } from "../../../gen/music/v1/music_generations_pb.ts";
import { createAuthorization } from "../../../src/api/authorization.ts";
import { toConnectError } from "../../../src/api/errors.ts";
import { faceKey } from "../../../src/api/face.ts";
import { createInterceptors } from "../../../src/api/interceptors.ts";
import { requestIdOf, unreadableKey } from "../../../src/api/request-id.ts";
import { serviceErrorOfRpcFault } from "../../../src/api/rpc-faults.ts";
import { createService } from "../../../src/api/service.ts";
import { StreamLimits } from "../../../src/api/stream-limits.ts";
import { toGeneration } from "../../../src/api/to-proto.ts";
import { createValidation } from "../../../src/api/validation.ts";
import { systemClock as clock } from "../../../src/base/clock.ts";
import { systemRandom as random } from "../../../src/base/random.ts";
import { keyScopes } from "../../../src/generations/identity.ts";
import type { Job } from "../../../src/generations/job.ts";
import type { JobStore } from "../../../src/generations/job-store.ts";
import { noTelemetry } from "../../../src/generations/telemetry.ts";
import { GrpcListener } from "../../../src/server/grpc/index.ts";
import { highLimits, unmetLimits } from "../../support/limits.ts";

export const subjects = ["own", "bare", "proto-loader", "connect"] as const;
export type Subject = (typeof subjects)[number];

export const job: Job = {
  id: "mgen_0123456789abcdef01234567",
  organizationId: "org_bench",
  userId: "user_bench",
  engine: "studio",
  request: {
    prompt: "slow rain on a tin roof, soft piano, brushed drums, late evening",
    durationSeconds: 30,
    mode: "creation",
    instrumental: false,
    lyrics: null,
    seedTrackId: null,
    styleTags: ["lofi", "calm"],
    title: null,
    outputFormat: "mp3",
    stems: false,
  },
  seed: 7,
  priority: "normal",
  status: "running",
  phase: "running",
  version: 12,
  progress: { percent: 40, phase: "render", message: "chunk 3 of 8" },
  attempts: 1,
  epoch: 1,
  interpretation: null,
  segments: [],
  traceparent: null,
  checkpoint: null,
  cancel: null,
  track: null,
  failure: null,
  refusal: null,
  history: [],
  createdAt: new Date(1_700_000_000_000),
  startedAt: new Date(1_700_000_001_000),
  endedAt: null,
};

const log = pino({ level: "silent" });

function surroundings(): {
  interceptors: Interceptor[];
  implementation: ServiceImpl<typeof MusicGenerations>;
} {
  const caller = { userId: "user_bench", keyId: "key_bench", scopes: keyScopes };
  const authorization = createAuthorization(
    { authenticate: async () => caller, isValid: async () => true },
    { membership: async () => ({ limits: {} }) },
    clock,
    unmetLimits(clock),
  );
  const validate = createValidation([]);
  const implementation = createService({
    store: { get: async () => job, queueFacts: async () => null } as unknown as JobStore,
    feed: { onJob: () => () => {}, onAny: () => () => {} },
    engines: [],
    artifacts: { delete: async () => true },
    clock,
    random,
    stopping: new AbortController().signal,
    authorization,
    streams: new StreamLimits(highLimits),
    telemetry: noTelemetry,
    links: { linkTo: () => "" },
  });
  const interceptors = createInterceptors({
    authorization,
    validate,
    random,
    log,
    clock,
    telemetry: noTelemetry,
  });
  return { interceptors, implementation };
}

/** The port for gRPC as the service has it. */
async function startOwn(): Promise<number> {
  const { interceptors, implementation } = surroundings();
  const contextValues = (unreadable: unknown) => {
    return createContextValues().set(unreadableKey, unreadable).set(faceKey, "grpc");
  };
  const listener = new GrpcListener({
    services: [{ service: MusicGenerations, implementation, interceptors, contextValues }],
    reflect: { health: Health, details: [] },
    clock,
    log,
    certificate: null,
    requestId: (sent) => requestIdOf(sent, random),
    encodeFault: (fault, id) => toConnectError(serviceErrorOfRpcFault(fault), id),
  });
  const address = await listener.listen({ host: "127.0.0.1", port: 0, setting: "GRPC_PORT" });
  return Number(address.split(":")[1]);
}

/** A handler without any checks that sends a ready answer, by the same serializer. */
async function startBare(): Promise<number> {
  const { input, output } = MusicGenerations.method.getGeneration;
  const answer = toGeneration(job, null);
  const bytesOf = (message: Message) => Buffer.from(toBinary(output, message as never));
  return listen(
    {
      getGeneration: {
        path: `/${MusicGenerations.typeName}/GetGeneration`,
        requestStream: false,
        responseStream: false,
        requestSerialize: (message: Message) => Buffer.from(toBinary(input, message as never)),
        requestDeserialize: (bytes: Buffer) => fromBinary(input, bytes),
        responseSerialize: bytesOf,
        responseDeserialize: (bytes: Buffer) => fromBinary(output, bytes),
      },
    },
    answer,
  );
}

/** As the documentation of grpc-js shows one, with messages by proto-loader. */
async function startProtoLoader(): Promise<number> {
  const definition = loadSync("music/v1/music_generations.proto", {
    includeDirs: [join(import.meta.dirname, "../../../proto")],
  });
  const loaded = grpc.loadPackageDefinition(definition) as unknown as {
    music: { v1: { MusicGenerations: grpc.ServiceClientConstructor } };
  };
  const seconds = (date: Date | null) => date && { seconds: date.getTime() / 1_000 };
  const answer = {
    id: job.id,
    status: 2,
    progress: job.progress.percent,
    engine: job.engine,
    mode: 1,
    version: job.version,
    prompt: job.request.prompt,
    durationSeconds: job.request.durationSeconds,
    styleTags: job.request.styleTags,
    seed: job.seed,
    attempts: job.attempts,
    createdAt: seconds(job.createdAt),
    startedAt: seconds(job.startedAt),
    phase: job.progress.phase,
    progressMessage: job.progress.message,
  };
  return listen(loaded.music.v1.MusicGenerations.service, answer);
}

function listen(service: grpc.ServiceDefinition, answer: object): Promise<number> {
  const server = new grpc.Server();
  const getGeneration: grpc.handleUnaryCall<object, object> = (_call, done) => done(null, answer);
  server.addService(service, { getGeneration });
  return new Promise((resolve, reject) => {
    const credentials = grpc.ServerCredentials.createInsecure();
    server.bindAsync("127.0.0.1:0", credentials, (error, port) => {
      if (error) reject(error);
      else resolve(port);
    });
  });
}

/** Connect's own handler with the same interceptors and implementation. */
async function startConnect(): Promise<number> {
  const { interceptors, implementation } = surroundings();
  const server = http2.createServer(
    connectNodeAdapter({
      routes: (router) => router.service(MusicGenerations, implementation),
      interceptors,
    }),
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

/** Resolves with the port. */
export function startSubject(subject: Subject): Promise<number> {
  const start = {
    own: startOwn,
    bare: startBare,
    "proto-loader": startProtoLoader,
    connect: startConnect,
  };
  return start[subject]();
}
