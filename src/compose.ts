/** The composition root: constructs everything, in the order in which it starts, and decides nothing. */
import { createHash } from "node:crypto";
import { join } from "node:path";
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
import type { Config } from "./base/config.ts";
import type { Lifecycle } from "./base/lifecycle.ts";
import type { Log } from "./base/log.ts";
import { Probe } from "./base/probe.ts";
import { systemRandom as random, randomHex } from "./base/random.ts";
import { createStudioEngine } from "./engines/studio.ts";
import { GatewayError, registerGateway } from "./gateway/index.ts";
import type { Engine } from "./generations/engine.ts";
import { ServiceError } from "./generations/failures.ts";
import { FileArtifactStore } from "./media/file-store.ts";
import { registerMedia } from "./media/serve.ts";
import { createMediaSigner } from "./media/signer.ts";
import { readSigningSecret } from "./media/signing-secret.ts";
import { createApp, maxBodyBytes } from "./server/app.ts";
import { createListener } from "./server/listener/index.ts";
import { attachOrStart, connectExternal, EmbeddedMongod } from "./store/embedded/index.ts";
import { createStore, openDatabase, type Store } from "./store/index.ts";
import { defaultLeaseTimes } from "./worker/leases.ts";
import { Worker } from "./worker/worker.ts";
import { Workspaces } from "./worker/workspaces.ts";

const databaseName = "music";

export interface ProcessPorts {
  readonly log: Log;
  /** Called when the process cannot go on. */
  readonly onFatal: (error: Error) => void;
  /** What the embedded database does, for people; the log when absent. */
  readonly report?: (message: string) => void;
}

/** A running service. */
export interface ServiceProcess extends Lifecycle {
  /** What links begin with; known once it has started. */
  readonly url: string;
  readonly apiKeys: Store["apiKeys"];
}

/** The whole service in this process: api, worker and, without `MONGODB_URI`, the database. */
export function createServiceProcess(config: Config, ports: ProcessPorts): ServiceProcess {
  return new ComposedService(config, ports);
}

class ComposedService implements ServiceProcess {
  readonly #config: Config;
  readonly #ports: ProcessPorts;
  readonly #started: Lifecycle[] = [];
  readonly #stopping = new AbortController();
  #store: Store | null = null;
  #url = "";
  #stopped: Promise<void> | null = null;

  constructor(config: Config, ports: ProcessPorts) {
    this.#config = config;
    this.#ports = ports;
  }

  get url(): string {
    return this.#config.PUBLIC_URL ?? this.#url;
  }

  get apiKeys(): Store["apiKeys"] {
    if (this.#store === null) throw new TypeError("the service has not started");
    return this.#store.apiKeys;
  }

  async start(): Promise<void> {
    const { log } = this.#ports;
    const store = await this.#startStore();
    this.#store = store;
    const engines = [createStudioEngine({ threads: this.#config.WORKER_CONCURRENCY, log })];
    for (const engine of engines) await this.#begin(engine);
    const folder = join(this.#config.DATA_DIR, "artifacts");
    const artifacts = new FileArtifactStore({ folder, clock, random });
    await this.#begin(artifacts);
    await this.#begin(this.#createWorker(store, engines, artifacts));
    await this.#serve(store, engines, artifacts);
    log.info({ url: this.url }, "ready");
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  /** Watchers are told first; then what started last stops first: listener, worker, …, database. */
  async #stop(): Promise<void> {
    this.#stopping.abort();
    while (this.#started.length > 0) await this.#started.pop()?.stop();
  }

  async #begin<P extends Lifecycle>(part: P): Promise<P> {
    if (this.#stopping.signal.aborted) throw new Error("stopped while starting");
    this.#started.push(part);
    await part.start();
    return part;
  }

  async #startStore(): Promise<Store> {
    const { log } = this.#ports;
    const uri = this.#config.MONGODB_URI ?? (await this.#startMongod());
    if (this.#config.MONGODB_URI !== undefined) await (await connectExternal(uri)).close();
    const database = await openDatabase({ uri, name: databaseName });
    await this.#begin({ start: async () => {}, stop: () => database.client.close() });
    const { ORGANIZATION_CAP: defaultCap } = this.#config;
    const options = { leaseTtlMs: defaultLeaseTimes.ttlMs, defaultCap };
    const store = createStore(database, { clock, random, log }, options);
    await this.#begin(store.feed);
    return store;
  }

  async #startMongod(): Promise<string> {
    const { onFatal } = this.#ports;
    const { DATA_DIR: dataDir } = this.#config;
    const mongod = new EmbeddedMongod({ dataDir, report: reportTo(this.#ports), onFatal, clock });
    await this.#begin(mongod);
    return mongod.uri;
  }

  #createWorker(store: Store, engines: readonly Engine[], artifacts: FileArtifactStore): Worker {
    const { log } = this.#ports;
    const workspaces = new Workspaces(join(this.#config.DATA_DIR, "work"));
    return new Worker(
      {
        store: store.jobs,
        feed: store.feed,
        engines,
        artifacts,
        workspaces,
        clock,
        random,
        log,
        probe: new Probe(),
      },
      {
        owner: `${process.pid}-${randomHex(random, 4)}`,
        concurrency: this.#config.WORKER_CONCURRENCY,
        leaseTimes: defaultLeaseTimes,
        pollEveryMs: 1_000,
        sweepEveryMs: 1_000,
        drainMs: this.#config.DRAIN_SECONDS * 1_000,
      },
    );
  }

  async #serve(
    store: Store,
    engines: readonly Engine[],
    artifacts: FileArtifactStore,
  ): Promise<void> {
    const { log } = this.#ports;
    const secret = this.#config.SIGNING_SECRET
      ? createHash("sha256").update(this.#config.SIGNING_SECRET).digest()
      : await readSigningSecret(this.#config.DATA_DIR, random);
    const signer = createMediaSigner({ keys: [{ id: "k1", secret }], clock });
    const authorization = createAuthorization(store.apiKeys, store.organizations);
    const validate = createValidation(engines);
    const interceptors = createInterceptors({ authorization, validate, random, log });
    const implementation = createService({
      store: store.jobs,
      feed: store.feed,
      engines,
      clock,
      random,
      stopping: this.#stopping.signal,
      links: { linkTo: (artifact, options) => this.url + signer.sign(artifact, options) },
    });
    const listener = createListener({
      clock,
      log,
      encodeProtocolError: (kind) => {
        const { status, headers, body } = encodeError(
          new ServiceError(protocolFailures[kind]),
          requestIdOf(null, random),
        );
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
      baseUrl: () => this.#config.PUBLIC_URL ?? "",
      clock,
    });
    await app.ready();
    const grace = this.#config.DRAIN_SECONDS * 1_000;
    await this.#begin({
      start: async () => {
        const { HOST: host, PORT: port } = this.#config;
        const address = await listener.listen({ host, port });
        const shown = address.family === "IPv6" ? `[${address.address}]` : address.address;
        this.#url = `http://${shown}:${address.port}`;
      },
      stop: async () => {
        await listener.close(grace);
        await app.close();
      },
    });
  }
}

const protocolFailures = {
  request_timeout: "request_timeout",
  headers_too_large: "headers_too_large",
  bad_request: "malformed_request",
} as const;

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

function reportTo({ log, report }: ProcessPorts) {
  return ({ level, message }: { level: "info" | "warn"; message: string }) => {
    if (report) report(message);
    else log[level](message);
  };
}

/** What commands beside a running service need of its database. */
export interface Administration {
  readonly apiKeys: Store["apiKeys"];
  stop(): Promise<void>;
}

/** Opens the database of the service that holds the data folder, or one of its own for the time. */
export async function openAdministration(
  config: Config,
  report: (message: string) => void,
  log: Log,
): Promise<Administration> {
  const attached = config.MONGODB_URI
    ? { uri: config.MONGODB_URI, stop: async () => {} }
    : await attachOrStart({
        dataDir: config.DATA_DIR,
        report: ({ message }) => report(message),
      });
  const database = await openDatabase({ uri: attached.uri, name: databaseName });
  const options = { leaseTtlMs: defaultLeaseTimes.ttlMs, defaultCap: config.ORGANIZATION_CAP };
  const { apiKeys } = createStore(database, { clock, random, log }, options);
  return {
    apiKeys,
    stop: async () => {
      await database.client.close();
      await attached.stop();
    },
  };
}
