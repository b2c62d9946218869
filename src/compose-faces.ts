/** The composition of the faces: one implementation, mounted on one port for every protocol. */
import { createContextValues } from "@connectrpc/connect";
import { fastifyConnectPlugin } from "@connectrpc/connect-fastify";
import { MusicGenerations } from "../gen/music/v1/music_generations_pb.ts";
import { createAuthorization } from "./api/authorization.ts";
import {
  serviceErrorOf,
  serviceErrorOfFault,
  serviceErrorOfStatus,
  toEnvelope,
} from "./api/errors.ts";
import { createInterceptors } from "./api/interceptors.ts";
import { requestIdKey, requestIdOf } from "./api/request-id.ts";
import { createService } from "./api/service.ts";
import { createValidation } from "./api/validation.ts";
import { systemClock as clock } from "./base/clock.ts";
import type { Lifecycle } from "./base/lifecycle.ts";
import type { Log } from "./base/log.ts";
import { systemRandom as random } from "./base/random.ts";
import { GatewayError, registerGateway } from "./gateway/index.ts";
import type { ArtifactStore } from "./generations/artifacts.ts";
import type { Engine } from "./generations/engine.ts";
import { ServiceError } from "./generations/failures.ts";
import { registerMedia } from "./media/serve.ts";
import { createMediaSigner } from "./media/signer.ts";
import { createApp, maxBodyBytes } from "./server/app.ts";
import { createListener } from "./server/listener/index.ts";
import type { Store } from "./store/index.ts";

export interface FacesOptions {
  readonly store: Store;
  readonly engines: readonly Engine[];
  readonly artifacts: ArtifactStore;
  readonly signingSecret: Uint8Array;
  readonly log: Log;
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
  /** What links begin with; the address listened on when null. */
  readonly publicUrl: string | null;
  /** How long a stop waits for calls that run, in milliseconds. */
  readonly graceMs: number;
  /** Aborts when the service begins to stop, so that watchers are told. */
  readonly stopping: AbortSignal;
}

export interface Faces extends Lifecycle {
  /** What links begin with; known once it has started. */
  readonly url: string;
}

/** The error codes of what never became a request. */
const protocolFailures = {
  request_timeout: "request_timeout",
  headers_too_large: "headers_too_large",
  bad_request: "malformed_request",
} as const;

/** The faces; `start` listens. */
export async function createFaces(options: FacesOptions): Promise<Faces> {
  const { log, publicUrl, graceMs } = options;
  let url = publicUrl ?? "";
  const listener = createListener({
    clock,
    log,
    encodeProtocolError: (kind) => {
      const error = new ServiceError(protocolFailures[kind]);
      const { status, headers, body } = encodeError(error, requestIdOf(null, random));
      const type = { "content-type": "application/json; charset=utf-8" };
      return { status, headers: { ...headers, ...type }, body: JSON.stringify(body) };
    },
  });
  const app = createApp({
    serverFactory: listener.serverFactory,
    log,
    requestId: (sent) => requestIdOf(sent, random),
    encodeError,
    notFound: () => new ServiceError("route_not_found"),
  });
  await mount(app, options, () => url);
  return {
    get url() {
      return url;
    },
    start: async () => {
      const address = await listener.listen({ host: options.host, port: options.port });
      const host = address.family === "IPv6" ? `[${address.address}]` : address.address;
      url = publicUrl ?? `http://${host}:${address.port}`;
    },
    stop: async () => {
      await listener.close(graceMs);
      await app.close();
    },
  };
}

async function mount(
  app: ReturnType<typeof createApp>,
  { store, engines, artifacts, signingSecret, log, publicUrl, stopping }: FacesOptions,
  url: () => string,
): Promise<void> {
  const signer = createMediaSigner({ keys: [{ id: "k1", secret: signingSecret }], clock });
  const authorization = createAuthorization(store.apiKeys, store.organizations);
  const validate = createValidation(engines);
  const interceptors = createInterceptors({ authorization, validate, random, log });
  const implementation = createService({
    store: store.jobs,
    feed: store.feed,
    engines,
    artifacts,
    clock,
    random,
    stopping,
    links: { linkTo: (artifact, link) => url() + signer.sign(artifact, link) },
  });
  const contextValues = (request: { id: string }) => {
    return createContextValues().set(requestIdKey, request.id);
  };
  await app.register(fastifyConnectPlugin, {
    routes: (router) => router.service(MusicGenerations, implementation),
    interceptors,
    contextValues,
    readMaxBytes: maxBodyBytes,
  });
  registerMedia(app, { store: artifacts, signer, clock });
  registerGateway(app, {
    service: MusicGenerations,
    implementation,
    interceptors,
    contextValues,
    authorize: async ({ header, pathValues, contextValues: values }) => {
      await authorization.authenticate(header, values);
      await authorization.authorize(pathValues.get("organization_id") ?? "", values);
    },
    validate,
    encodeError: (error, request) => encodeError(error, request.id).body,
    baseUrl: () => publicUrl ?? "",
    clock,
  });
  await app.ready();
}

/** The envelope of whatever reached the HTTP application. */
function encodeError(error: unknown, requestId: string) {
  if (error instanceof GatewayError) {
    return toEnvelope(serviceErrorOfFault(error), requestId, clock.now());
  }
  const status = (error as { statusCode?: unknown }).statusCode;
  const known =
    typeof status === "number" ? serviceErrorOfStatus(status, error) : serviceErrorOf(error);
  return toEnvelope(known, requestId, clock.now());
}
