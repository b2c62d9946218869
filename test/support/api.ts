/**
 * The service over a real store with all interceptors: behind Connect's in-memory transport, or as the
 * REST face on a real socket.
 */

import type { AddressInfo } from "node:net";
import {
  createClient,
  createContextValues,
  createRouterTransport,
  type Interceptor,
} from "@connectrpc/connect";
import fastify, { type FastifyReply } from "fastify";
import { onTestFinished } from "vitest";
import { MusicGenerations } from "../../gen/music/v1/music_generations_pb.ts";
import { createAuthorization } from "../../src/api/authorization.ts";
import { toEnvelope } from "../../src/api/errors.ts";
import { faceKey } from "../../src/api/face.ts";
import { createInterceptors, createRestInterceptors } from "../../src/api/interceptors.ts";
import { RateLimits } from "../../src/api/rate-limits.ts";
import { restAuthorization } from "../../src/api/rest-admission.ts";
import { createService } from "../../src/api/service.ts";
import { StreamLimits } from "../../src/api/stream-limits.ts";
import { createValidation } from "../../src/api/validation.ts";
import { type Clock, systemClock } from "../../src/base/clock.ts";
import { systemRandom } from "../../src/base/random.ts";
import { registerGateway } from "../../src/gateway/index.ts";
import type { Engine } from "../../src/generations/engine.ts";
import { noTelemetry } from "../../src/generations/telemetry.ts";
import { highLimits } from "./limits.ts";
import { silentLog, type TestStore } from "./store.ts";

export function createApi(
  store: TestStore,
  engines: readonly Engine[],
  clock: Clock = systemClock,
) {
  const stopping = new AbortController();
  const limits = new RateLimits({ counter: store.rateCounter, clock: systemClock }, highLimits);
  const authorization = createAuthorization(
    store.apiKeys,
    store.organizations,
    systemClock,
    limits,
  );
  const service = createService({
    store: store.jobs,
    feed: store.feed,
    engines,
    artifacts: { delete: async () => true },
    clock,
    random: systemRandom,
    stopping: stopping.signal,
    authorization,
    streams: new StreamLimits(highLimits),
    telemetry: noTelemetry,
    links: { linkTo: (artifact) => `https://media.test/${artifact}` },
  });
  const validate = createValidation(engines);
  const ports = {
    authorization,
    validate,
    random: systemRandom,
    log: silentLog,
    clock,
    telemetry: noTelemetry,
  };
  /** The REST face on a port of its own, until the test ends. */
  const listen = async (onRequest: (reply: FastifyReply) => void = () => {}) => {
    const app = fastify({ forceCloseConnections: true });
    app.addHook("onRequest", async (_request, reply) => onRequest(reply));
    registerGateway(app, {
      service: MusicGenerations,
      implementation: service,
      interceptors: createRestInterceptors(ports),
      contextValues: () => createContextValues().set(faceKey, "rest"),
      authorize: restAuthorization(authorization),
      validate,
      encodeError: (error) => toEnvelope(error, "req_test", clock.now()).body,
      baseUrl: () => "",
      clock,
    });
    await app.listen({ host: "127.0.0.1", port: 0 });
    onTestFinished(() => app.close());
    return `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  };
  const clientWith = (headers: Record<string, string>) => {
    const send: Interceptor = (next) => (request) => {
      for (const [name, value] of Object.entries(headers)) request.header.set(name, value);
      return next(request);
    };
    const transport = createRouterTransport(({ service: add }) => add(MusicGenerations, service), {
      router: { interceptors: createInterceptors(ports) },
      transport: { interceptors: [send] },
    });
    return createClient(MusicGenerations, transport);
  };
  return { clientWith, listen, stop: () => stopping.abort() };
}
