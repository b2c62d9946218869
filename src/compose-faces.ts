/** The composition of the faces: one implementation, on one port for every protocol and one for gRPC. */
import { createContextValues, type Interceptor, type ServiceImpl } from "@connectrpc/connect";
import { file_google_rpc_error_details } from "../gen/google/rpc/error_details_pb.ts";
import { Health as HealthService } from "../gen/grpc/health/v1/health_pb.ts";
import { MusicGenerations } from "../gen/music/v1/music_generations_pb.ts";
import { type Authorization, createAuthorization } from "./api/authorization.ts";
import { faceKey } from "./api/face.ts";
import { createGate, createInterceptors, createRestInterceptors } from "./api/interceptors.ts";
import { RateLimits } from "./api/rate-limits.ts";
import { requestIdKey, requestIdOf, unreadableKey } from "./api/request-id.ts";
import { restAuthorization } from "./api/rest-admission.ts";
import { createService } from "./api/service.ts";
import { StreamLimits } from "./api/stream-limits.ts";
import { createValidation, type Validate } from "./api/validation.ts";
import { systemClock as clock } from "./base/clock.ts";
import type { Lifecycle } from "./base/lifecycle.ts";
import type { Log } from "./base/log.ts";
import { systemRandom as random } from "./base/random.ts";
import { mountDocuments } from "./compose-documents.ts";
import {
  encodeError,
  encodeFaultTo,
  encodeProtocolError,
  knownError,
  unknownMethod,
} from "./compose-errors.ts";
import { registerGateway } from "./gateway/index.ts";
import type { ArtifactStore } from "./generations/artifacts.ts";
import type { Engine } from "./generations/engine.ts";
import { ServiceError } from "./generations/failures.ts";
import type { ServiceLimits } from "./generations/limits.ts";
import type { Telemetry } from "./generations/telemetry.ts";
import { registerMedia } from "./media/serve.ts";
import { createMediaSigner, type MediaKey, type MediaSigner } from "./media/signer.ts";
import { createApp, maxBodyBytes } from "./server/app.ts";
import { registerConnect } from "./server/connect/index.ts";
import { GrpcListener } from "./server/grpc/index.ts";
import { registerHealth } from "./server/health.ts";
import { addressText } from "./server/listen.ts";
import { createListener } from "./server/listener/index.ts";
import type { Readiness } from "./server/readiness.ts";
import type { Certificate } from "./server/tls.ts";
import type { Store } from "./store/index.ts";

export interface FacesOptions {
  readonly store: Store;
  readonly engines: readonly Engine[];
  readonly artifacts: ArtifactStore;
  readonly mediaKeys: readonly MediaKey[];
  readonly log: Log;
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
  /** Of the port for gRPC alone; 0 for any free one. */
  readonly grpcPort: number;
  /** Of both ports; null for clear text. */
  readonly certificate: Certificate | null;
  /** What links begin with; the address listened on when null. */
  readonly publicUrl: string | null;
  /** How long a stop waits for calls that run, in milliseconds. */
  readonly graceMs: number;
  /** Aborts when the service begins to stop, so that watchers are told. */
  readonly stopping: AbortSignal;
  /** Whether calls can be served; health tells it. */
  readonly readiness: Readiness;
  readonly telemetry: Telemetry;
  readonly limits: ServiceLimits;
  /** The origins whose pages may call; `*` for all. */
  readonly corsOrigins: readonly string[];
}

export interface Faces extends Lifecycle {
  /** What links begin with; known once it has started. */
  readonly url: string;
  /** `host:port` of the port for gRPC alone; known once it has started. */
  readonly grpcAddress: string;
}

/** The method of a call that has none, for those who count. */
const noMethod = "unknown";

/** The faces; `start` listens. */
export async function createFaces(options: FacesOptions): Promise<Faces> {
  const { log, publicUrl, graceMs, host, port, grpcPort, certificate } = options;
  const scheme = certificate === null ? "http" : "https";
  let url = publicUrl ?? "";
  let grpcAddress = "";
  const listener = createListener({
    clock,
    log,
    certificate,
    encodeProtocolError,
  });
  const app = createApp({
    serverFactory: listener.serverFactory,
    log,
    requestId: (sent) => requestIdOf(sent, random),
    encodeError,
    notFound: () => new ServiceError("route_not_found"),
    isHttps: (publicUrl ?? scheme).startsWith("https"),
    corsOrigins: options.corsOrigins,
    unknownMethod,
  });
  const { readiness } = options;
  registerHealth(app, readiness);
  const core = createCore(options, () => url);
  await mount(app, options, core);
  const grpc = createGrpc(options, core);
  return {
    get url() {
      return url;
    },
    get grpcAddress() {
      return grpcAddress;
    },
    start: async () => {
      const address = await listener.listen({ host, port });
      url = publicUrl ?? `${scheme}://${addressText(address)}`;
      grpcAddress = await grpc.listen({ host, port: grpcPort, setting: "GRPC_PORT" });
      readiness.onChange((ready) => grpc.setReady(ready));
    },
    stop: async () => {
      await Promise.all([listener.close(graceMs), grpc.close(graceMs)]);
      await app.close();
    },
  };
}

/** What all faces share. */
interface Core {
  readonly authorization: Authorization;
  readonly validate: Validate;
  /** Of the RPC faces. */
  readonly interceptors: Interceptor[];
  readonly restInterceptors: Interceptor[];
  readonly gate: ReturnType<typeof createGate>;
  readonly implementation: ServiceImpl<typeof MusicGenerations>;
  readonly signer: MediaSigner;
}

function createCore(
  { store, engines, artifacts, mediaKeys, log, telemetry, stopping, limits }: FacesOptions,
  url: () => string,
): Core {
  const signer = createMediaSigner({ keys: mediaKeys, clock });
  const rates = new RateLimits({ counter: store.rateCounter, clock }, limits);
  const authorization = createAuthorization(store.apiKeys, store.organizations, clock, rates);
  const validate = createValidation(engines);
  const implementation = createService({
    store: store.jobs,
    feed: store.feed,
    engines,
    artifacts,
    clock,
    random,
    stopping,
    authorization,
    streams: new StreamLimits(limits),
    telemetry,
    links: { linkTo: (artifact, link) => url() + signer.sign(artifact, link) },
  });
  const ports = { authorization, validate, random, log, clock, telemetry };
  return {
    authorization,
    validate,
    interceptors: createInterceptors(ports),
    restInterceptors: createRestInterceptors(ports),
    gate: createGate(ports),
    implementation,
    signer,
  };
}

async function mount(
  app: ReturnType<typeof createApp>,
  { artifacts, publicUrl, log, telemetry }: FacesOptions,
  { authorization, validate, interceptors, restInterceptors, gate, implementation, signer }: Core,
): Promise<void> {
  const contextValues = (request: { id: string }) => {
    return createContextValues().set(requestIdKey, request.id);
  };
  registerConnect(app, {
    services: [MusicGenerations],
    routes: (router) => router.service(MusicGenerations, implementation),
    interceptors,
    gate,
    contextValues,
    readMaxBytes: maxBodyBytes,
    encodeFault: encodeFaultTo(log),
    log,
  });
  registerMedia(app, { store: artifacts, signer, clock });
  mountDocuments(app);
  registerGateway(app, {
    service: MusicGenerations,
    implementation,
    interceptors: restInterceptors,
    contextValues: (request) => contextValues(request).set(faceKey, "rest"),
    authorize: restAuthorization(authorization),
    validate,
    onRefused: ({ method, error, seconds }) => {
      const { code } = knownError(error);
      telemetry.callEnded({ face: "rest", method: method?.name ?? noMethod, code, seconds });
    },
    encodeError: (error, request) => encodeError(error, request.id).body,
    baseUrl: () => publicUrl ?? "",
    clock,
  });
  await app.ready();
}

function createGrpc(
  { log, certificate }: FacesOptions,
  { interceptors, implementation }: Core,
): GrpcListener {
  const contextValues = (unreadable: unknown) => {
    return createContextValues().set(unreadableKey, unreadable).set(faceKey, "grpc");
  };
  return new GrpcListener({
    services: [{ service: MusicGenerations, implementation, interceptors, contextValues }],
    reflect: { health: HealthService, details: [file_google_rpc_error_details] },
    clock,
    log,
    limits: { maxRequestBytes: maxBodyBytes },
    certificate,
    requestId: (sent) => requestIdOf(sent, random),
    encodeFault: encodeFaultTo(log),
  });
}
