/** The composition of the database: an operator's own or the embedded one, for a service or a command. */
import { systemClock as clock } from "./base/clock.ts";
import type { Config } from "./base/config.ts";
import type { Lifecycle } from "./base/lifecycle.ts";
import type { Log } from "./base/log.ts";
import { systemRandom as random } from "./base/random.ts";
import type { ServiceLimits } from "./generations/limits.ts";
import { noTelemetry, type Telemetry } from "./generations/telemetry.ts";
import {
  attachOrStart,
  connectExternal,
  DatabaseError,
  EmbeddedMongod,
  type EmbeddedMongodOptions,
  isConnectionLoss,
} from "./store/embedded/index.ts";
import { createStore, type Database, openDatabase, type Store } from "./store/index.ts";
import { defaultLeaseTimes } from "./worker/leases.ts";

type ConnectOptions = Parameters<typeof connectExternal>[1];

const databaseName = "music";
/** A command such as `keys` may hold the data folder for a moment; a service waits so long for it. */
const folderWaitMs = 5_000;
const folderPollMs = 100;

/** The store over `database`, with the limits of the settings. */
export function composeStore(
  database: Database,
  config: Config,
  log: Log,
  telemetry: Telemetry = noTelemetry,
): Store {
  const options = {
    leaseTtlMs: defaultLeaseTimes.ttlMs,
    attemptMs: config.ATTEMPT_SECONDS * 1_000,
    jobMs: config.JOB_SECONDS * 1_000,
    defaultCap: config.ORGANIZATION_CAP,
    quotas: limitsOf(config),
  };
  return createStore(database, { clock, random, log, telemetry }, options);
}

/** What callers may use where an organization's record does not say. */
export function limitsOf(config: Config): ServiceLimits {
  return {
    keyCallsPerMinute: config.KEY_CALLS_PER_MINUTE,
    callsPerMinute: config.ORGANIZATION_CALLS_PER_MINUTE,
    keyStreams: config.KEY_STREAMS,
    streams: config.ORGANIZATION_STREAMS,
    queuedJobs: config.ORGANIZATION_QUEUED_JOBS,
    audioSecondsPerDay: config.ORGANIZATION_AUDIO_SECONDS_PER_DAY,
  };
}

/** Opens the operator's own database, once it is known to be fit. @throws DatabaseError */
export async function openExternal(uri: string, options?: ConnectOptions): Promise<Database> {
  await (await connectExternal(uri, options)).close();
  return openDatabase({ uri, name: databaseName });
}

/** How long one look for a server takes at most, and the pause after it, in milliseconds. */
const lookMs = 5_000;
const pauseMs = 500;

/**
 * The same for a server that may not be there yet: it is looked for again and again for `waitMs` milliseconds,
 * and the log says so.
 * @throws DatabaseError the last one, when the time is up or waiting would not help
 */
export async function awaitExternal(
  uri: string,
  waitMs: number,
  { log, stopping }: { readonly log: Log; readonly stopping: AbortSignal },
): Promise<Database> {
  const deadline = clock.monotonicMs() + waitMs;
  for (let isFirst = true; ; isFirst = false) {
    try {
      return await openExternal(uri, { serverSelectionTimeoutMS: lookMs });
    } catch (error) {
      const leftMs = deadline - clock.monotonicMs();
      if (!mayPass(error) || leftMs <= 0 || stopping.aborted) throw error;
      const facts = { reason: (error as Error).message, secondsLeft: Math.ceil(leftMs / 1_000) };
      log[isFirst ? "warn" : "debug"](facts, "waiting for the database");
      await clock.sleep(pauseMs, stopping);
    }
  }
}

function mayPass(error: unknown): boolean {
  return error instanceof DatabaseError ? error.passes : isConnectionLoss(error);
}

/**
 * Starts the embedded database and opens it.
 * @param begin starts a part and remembers to stop it
 * @throws DatabaseError folder-in-use when another service holds the folder
 */
export async function openEmbedded(
  options: EmbeddedMongodOptions,
  begin: (part: Lifecycle) => Promise<unknown>,
): Promise<Database> {
  const deadline = clock.monotonicMs() + folderWaitMs;
  for (let isFirst = true; ; isFirst = false) {
    const mongod = new EmbeddedMongod(options);
    try {
      await begin(mongod);
      return await openDatabase({ uri: mongod.uri, name: databaseName });
    } catch (error) {
      const inUse = error instanceof DatabaseError && error.fault === "folder-in-use";
      if (!inUse || clock.monotonicMs() >= deadline) throw error;
      if (isFirst) options.report({ level: "info", message: "the data folder is in use; waiting" });
      await clock.sleep(folderPollMs);
    }
  }
}

/** What commands beside a running service need of its database. */
export interface Administration {
  readonly apiKeys: Store["apiKeys"];
  readonly organizations: Store["organizations"];
  stop(): Promise<void>;
}

/** Opens the database of the service that holds the data folder, or one of its own for the time. */
export async function openAdministration(
  config: Config,
  report: (message: string) => void,
  log: Log,
): Promise<Administration> {
  const { MONGODB_URI, DATA_DIR: dataDir } = config;
  if (MONGODB_URI !== undefined) {
    const database = await openExternal(MONGODB_URI);
    const { apiKeys, organizations } = composeStore(database, config, log);
    return { apiKeys, organizations, stop: () => database.client.close() };
  }
  const attached = await attachOrStart({ dataDir, report: ({ message }) => report(message) });
  const database = await openDatabase({ uri: attached.uri, name: databaseName });
  const { apiKeys, organizations } = composeStore(database, config, log);
  return {
    apiKeys,
    organizations,
    stop: async () => {
      await database.client.close();
      await attached.stop();
    },
  };
}
