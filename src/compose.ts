/** The composition root: constructs everything, in the order in which it starts, and decides nothing. */
import { join } from "node:path";
import type { Tracer } from "@opentelemetry/api";
import { systemClock as clock } from "./base/clock.ts";
import { type Config, ConfigError, type Role } from "./base/config.ts";
import { checkDisk } from "./base/disk.ts";
import { type Lifecycle, together } from "./base/lifecycle.ts";
import type { Log } from "./base/log.ts";
import { systemRandom as random } from "./base/random.ts";
import { awaitExternal, composeStore, limitsOf, openEmbedded } from "./compose-database.ts";
import { createFaces, type Faces, type FacesOptions } from "./compose-faces.ts";
import { createOperations } from "./compose-operations.ts";
import { createPolicy } from "./compose-policy.ts";
import { createJanitor, createWorker } from "./compose-worker.ts";
import { createStudioEngine } from "./engines/studio.ts";
import type { Telemetry } from "./generations/telemetry.ts";
import { FileArtifactStore } from "./media/file-store.ts";
import { GridFsArtifactStore } from "./media/gridfs-store.ts";
import { configuredKeys, keptKeys } from "./media/signing-secret.ts";
import { createMetrics, type Metrics } from "./metrics/metrics.ts";
import { type Certificate, readCertificate } from "./server/tls.ts";
import { closeDatabase, type Database, type Store } from "./store/index.ts";
import { startTracing } from "./tracing/exporter.ts";

export interface ProcessPorts {
  readonly log: Log;
  /** Called when the process cannot go on. */
  readonly onFatal: (error: Error) => void;
  /** Instead of the collector's of the settings. */
  readonly tracer?: Tracer;
  /** What the embedded database does, for people; the log when absent. */
  readonly report?: (message: string) => void;
}

/** A running service. */
export interface ServiceProcess extends Lifecycle {
  /** What links begin with; known once it has started. */
  readonly url: string;
  /** `host:port` of the port for gRPC alone; known once it has started. */
  readonly grpcAddress: string;
  readonly apiKeys: Store["apiKeys"];
}

/**
 * The service in this process: by its role api, worker or both and, without `MONGODB_URI`, the database.
 * @throws ConfigError when a single role is asked for without a database that others can reach
 */
export function createServiceProcess(
  config: Config,
  ports: ProcessPorts,
  role: Role = "all",
): ServiceProcess {
  if (role !== "all" && config.MONGODB_URI === undefined) {
    throw new ConfigError([`MONGODB_URI: is required with --role ${role}`]);
  }
  return new ComposedService(config, ports, role);
}

class ComposedService implements ServiceProcess {
  readonly #config: Config;
  readonly #ports: ProcessPorts;
  readonly #role: Role;
  readonly #started: Lifecycle[] = [];
  readonly #stopping = new AbortController();
  #store: Store | null = null;
  #isUp = false;
  #url = "";
  #grpcAddress = "";
  #stopped: Promise<void> | null = null;

  constructor(config: Config, ports: ProcessPorts, role: Role) {
    this.#config = config;
    this.#ports = ports;
    this.#role = role;
  }

  get url(): string {
    return this.#url;
  }

  get grpcAddress(): string {
    return this.#grpcAddress;
  }

  get apiKeys(): Store["apiKeys"] {
    return this.#open().apiKeys;
  }

  async start(): Promise<void> {
    const { log } = this.#ports;
    const checks: Record<string, () => Promise<void>> = {
      startup: async () => {
        if (!this.#isUp) throw new Error("not all is started yet");
      },
      database: () => this.#open().ping(),
    };
    const metrics: Metrics = createMetrics(async () => (await this.#store?.queueDepths()) ?? []);
    const policy = await createPolicy(this.#config);
    const tracer = await this.#startTracing();
    const telemetry: Telemetry = { ...metrics, tracer };
    const operations = createOperations(this.#config, checks, metrics, this.#stopping.signal);
    // First, and so the last to stop: orchestrators ask it while the rest is not there yet, or any more.
    await this.#begin(operations);
    if (operations.port > 0) log.info({ operationsPort: operations.port }, "health is served");
    const database = await this.#startDatabase();
    const store = composeStore(database, this.#config, log, telemetry);
    this.#store = store;
    await this.#begin(store.feed);
    checks["feed"] = () => store.feed.checkOpen();
    const engines = [createStudioEngine({ threads: this.#config.WORKER_CONCURRENCY, log })];
    const artifacts = await this.#begin(this.#createArtifacts(database));
    const parts: Lifecycle[] = [];
    if (this.#role !== "api") {
      for (const engine of engines) await this.#begin(engine);
      const own = { store, engines, artifacts, telemetry, policy, log };
      const worker = createWorker(this.#config, own);
      checks["worker"] = () => worker.checkLoop();
      checks["disk"] = () => checkDisk(this.#config.DATA_DIR);
      parts.push(worker, createJanitor(this.#config, own));
    }
    const { readiness } = operations;
    const faces =
      this.#role === "worker"
        ? null
        : await this.#createFaces({ store, engines, artifacts, readiness, telemetry });
    if (faces !== null) parts.push(faces);
    // A long download must not keep the worker from handing its jobs back.
    await this.#begin(together(parts));
    this.#url = faces?.url ?? "";
    this.#grpcAddress = faces?.grpcAddress ?? "";
    const addresses = {
      ...(faces && { url: faces.url, grpc: faces.grpcAddress }),
      ...(operations.port > 0 && { operationsPort: operations.port }),
    };
    this.#isUp = true;
    await readiness.look();
    // The log tells what health tells: not that it listens, but that it can serve.
    readiness.onChange((ready, { checks: found }) => {
      if (ready) log.info({ role: this.#role, ...addresses }, "ready");
      else if (!this.#stopping.signal.aborted) log.warn({ checks: found }, "not ready");
    });
  }

  #open(): Store {
    if (this.#store === null) throw new Error("the database is not there yet");
    return this.#store;
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  /** Watchers are told first; then faces and worker stop, then the rest, the database last. */
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

  /** Null when there is no collector, and then nothing of it is loaded. */
  async #startTracing(): Promise<Tracer | null> {
    const { tracer } = this.#ports;
    if (tracer !== undefined) return tracer;
    const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint } = this.#config;
    if (endpoint === undefined) return null;
    const tracing = await startTracing(endpoint, clock);
    await this.#begin({ start: async () => {}, stop: () => tracing.stop() });
    return tracing.tracer;
  }

  async #startDatabase(): Promise<Database> {
    const { MONGODB_URI: external, DATA_DIR: dataDir, DATABASE_WAIT_SECONDS } = this.#config;
    const { onFatal, log } = this.#ports;
    const stopping = this.#stopping.signal;
    const options = { dataDir, report: reportTo(this.#ports), onFatal, clock };
    const database =
      external === undefined
        ? await openEmbedded(options, (part) => this.#begin(part))
        : await awaitExternal(external, DATABASE_WAIT_SECONDS * 1_000, { log, stopping });
    const close = () => closeDatabase(database, clock);
    try {
      await this.#begin({ start: async () => {}, stop: close });
    } catch (error) {
      // The stop came while the database was being opened, and knows nothing of it.
      await close();
      throw error;
    }
    return database;
  }

  /** Files beside an embedded database; in a shared one, so that any process serves any track. */
  #createArtifacts({ db }: Database): FileArtifactStore | GridFsArtifactStore {
    if (this.#config.MONGODB_URI !== undefined)
      return new GridFsArtifactStore({ db, clock, random });
    const folder = join(this.#config.DATA_DIR, "artifacts");
    return new FileArtifactStore({ folder, clock, random });
  }

  async #createFaces(
    parts: Pick<FacesOptions, "store" | "engines" | "artifacts" | "readiness" | "telemetry">,
  ): Promise<Faces> {
    const {
      SIGNING_SECRET: secrets,
      DATA_DIR,
      HOST,
      PORT,
      GRPC_PORT,
      PUBLIC_URL,
      DRAIN_SECONDS,
    } = this.#config;
    return createFaces({
      ...parts,
      mediaKeys: secrets ? configuredKeys(secrets) : await keptKeys(DATA_DIR, random),
      log: this.#ports.log,
      host: HOST,
      port: PORT,
      grpcPort: GRPC_PORT,
      certificate: await readTls(this.#config),
      publicUrl: PUBLIC_URL ?? null,
      graceMs: DRAIN_SECONDS * 1_000,
      stopping: this.#stopping.signal,
      limits: limitsOf(this.#config),
      corsOrigins: this.#config.CORS_ORIGINS,
    });
  }
}

async function readTls(config: Config): Promise<Certificate | null> {
  const { TLS_CERT_FILE: cert, TLS_KEY_FILE: key } = config;
  return cert === undefined || key === undefined ? null : readCertificate(cert, key);
}

function reportTo({ log, report }: ProcessPorts) {
  return ({ level, message }: { level: "info" | "warn"; message: string }) => {
    if (report) report(message);
    else log[level](message);
  };
}
