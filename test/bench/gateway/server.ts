/** The entry of a serving process: `server.ts KIND` serves on a free port and answers by IPC. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createContextValues } from "@connectrpc/connect";
import { fastifyConnectPlugin } from "@connectrpc/connect-fastify";
import fastify, { type FastifyInstance } from "fastify";
import { pino } from "pino";
import { MusicGenerations } from "../../../gen/music/v1/music_generations_pb.ts";
import { createAuthorization } from "../../../src/api/authorization.ts";
import { serviceErrorOf, toEnvelope } from "../../../src/api/errors.ts";
import { faceKey } from "../../../src/api/face.ts";
import { createInterceptors, createRestInterceptors } from "../../../src/api/interceptors.ts";
import { requestIdKey, requestIdOf } from "../../../src/api/request-id.ts";
import { restAuthorization } from "../../../src/api/rest-admission.ts";
import { createService } from "../../../src/api/service.ts";
import { StreamLimits } from "../../../src/api/stream-limits.ts";
import { createValidation } from "../../../src/api/validation.ts";
import { systemClock as clock } from "../../../src/base/clock.ts";
import { systemRandom as random } from "../../../src/base/random.ts";
import { registerGateway } from "../../../src/gateway/index.ts";
import { ServiceError } from "../../../src/generations/failures.ts";
import { noTelemetry } from "../../../src/generations/telemetry.ts";
import { createApp } from "../../../src/server/app.ts";
import { highLimits, unmetLimits } from "../../support/limits.ts";
import { mountBare } from "./bare.ts";
import { caller, createTrivialStore, engine, key, organizationId } from "./trivial.ts";

const log = pino({ level: process.env["BENCH_LOG"] ?? "silent" });

function createCore() {
  const store = createTrivialStore();
  const authorization = createAuthorization(
    {
      authenticate: async (credential) => (credential === key ? caller : null),
      isValid: async () => true,
    },
    { membership: async (id) => (id === organizationId ? { limits: {} } : null) },
    clock,
    unmetLimits(clock),
  );
  const validate = createValidation([engine]);
  const ports = { authorization, validate, random, log, clock, telemetry: noTelemetry };
  const implementation = createService({
    authorization,
    streams: new StreamLimits(highLimits),
    telemetry: noTelemetry,
    store,
    feed: { onJob: () => () => {}, onAny: () => () => {} },
    engines: [engine],
    artifacts: { delete: async () => true },
    clock,
    random,
    stopping: new AbortController().signal,
    links: { linkTo: (artifact) => artifact },
  });
  return {
    authorization,
    validate,
    interceptors: createInterceptors(ports),
    restInterceptors: createRestInterceptors(ports),
    implementation,
  };
}

function createOurApp(): FastifyInstance {
  return createApp({
    serverFactory: (handler) => createServer(handler),
    log,
    requestId: (sent) => requestIdOf(sent, random),
    encodeError: (error, id) => toEnvelope(serviceErrorOf(error), id, clock.now()),
    notFound: () => new ServiceError("route_not_found"),
    unknownMethod: () => new ServiceError("method_not_allowed"),
  });
}

const contextValues = (request: { id: string }) =>
  createContextValues().set(requestIdKey, request.id);

const kinds: Record<string, () => Promise<FastifyInstance>> = {
  async bare() {
    const app = fastify();
    mountBare(app);
    return app;
  },
  async gateway() {
    const app = createOurApp();
    const { authorization, validate, restInterceptors, implementation } = createCore();
    registerGateway(app, {
      service: MusicGenerations,
      implementation,
      interceptors: restInterceptors,
      contextValues: (request) => contextValues(request).set(faceKey, "rest"),
      authorize: restAuthorization(authorization),
      validate,
      encodeError: (error, { id }) => toEnvelope(error, id, clock.now()).body,
      baseUrl: () => "",
      clock,
    });
    return app;
  },
  async connect() {
    const app = createOurApp();
    const { interceptors, implementation } = createCore();
    await app.register(fastifyConnectPlugin, {
      routes: (router) => router.service(MusicGenerations, implementation),
      interceptors,
      contextValues,
    });
    return app;
  },
};

const [, , kind = ""] = process.argv;
const make = kinds[kind];
if (make === undefined) throw new Error(`no server "${kind}"; there are ${Object.keys(kinds)}`);
const app = await make();
await app.listen({ host: "127.0.0.1", port: 0 });
// Asked before and after a round: what the round cost this process.
process.on("message", () => process.send?.({ cpu: process.cpuUsage() }));
process.on("disconnect", () => process.exit());
process.send?.({ port: (app.server.address() as AddressInfo).port });
