/** The store: everything that the rest of the service may use of MongoDB. */
import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { Random } from "../base/random.ts";
import type { OrganizationStore } from "../generations/identity.ts";
import type { JobStore } from "../generations/job-store.ts";
import type { SharedCounter } from "../generations/limits.ts";
import { noTelemetry, type QueueDepth, type Telemetry } from "../generations/telemetry.ts";
import { type ApiKeys, createApiKeys } from "./api-keys.ts";
import { withCallLimit } from "./call-limit.ts";
import { MongoChangeFeed } from "./changes.ts";
import { type ClaimOptions, Claims } from "./claims.ts";
import type { Database } from "./database.ts";
import { createDeletion } from "./deletion.ts";
import { createJobs } from "./jobs.ts";
import { createOrganizations, type MongoOrganizations } from "./organizations.ts";
import { createQueueDepths } from "./queue-depth.ts";
import { QueueLook } from "./queue-facts.ts";
import { createQuotas, type QuotaLimits } from "./quotas.ts";
import { createRateCounter } from "./rate-counter.ts";
import { withUnavailability } from "./unavailable.ts";
import { announce, withdraw } from "./workers.ts";

export { closeDatabase, type Database, type DatabaseOptions, openDatabase } from "./database.ts";

export interface Store {
  readonly jobs: JobStore;
  readonly feed: MongoChangeFeed;
  readonly organizations: MongoOrganizations & OrganizationStore;
  readonly apiKeys: ApiKeys;
  readonly rateCounter: SharedCounter;
  /** How many jobs are active, counted at most every ten seconds. */
  queueDepths(): Promise<QueueDepth[]>;
  /** Resolves when the database answers. */
  ping(): Promise<void>;
}

export interface StoreOptions extends ClaimOptions {
  /** The longest that one call of the database may take, in milliseconds. */
  readonly callLimitMs?: number;
  /** Of new jobs, where an organization's record does not say; without, there are none. */
  readonly quotas?: QuotaLimits;
}

/**
 * Longer than the driver looks for a server that can be written to, and so short that a heartbeat which
 * nobody answers leaves time for another before its lease is given up.
 */
const defaultCallLimitMs = 8_000;

/** The store over an open database; the caller starts and stops its `feed`. */
export function createStore(
  opened: Database,
  ports: {
    readonly clock: Clock;
    readonly random: Random;
    readonly log: Log;
    readonly telemetry?: Telemetry;
  },
  options: StoreOptions,
): Store {
  const { callLimitMs = defaultCallLimitMs } = options;
  const database = withCallLimit(opened, ports.clock, callLimitMs);
  const organizations = createOrganizations(database);
  const quotas = options.quotas ? createQuotas(database, ports.clock, options.quotas) : null;
  const look = new QueueLook(database, organizations, ports.clock, options.defaultCap);
  const claims = new Claims(database, organizations, ports, options);
  return {
    jobs: withUnavailability<JobStore>({
      ...createJobs(database, options, quotas),
      ...createDeletion(database),
      queueFacts: (job, bounds) => look.factsOf(job, bounds),
      announce: (worker) => announce(database, worker),
      withdraw: (owner) => withdraw(database, owner),
      claim: (...call) => claims.claim(...call),
    }),
    feed: new MongoChangeFeed(opened, { telemetry: noTelemetry, ...ports }, callLimitMs),
    organizations: withUnavailability(organizations),
    apiKeys: withUnavailability(createApiKeys(database, organizations, ports)),
    rateCounter: createRateCounter(opened, ports.clock, callLimitMs),
    queueDepths: createQueueDepths(database, ports.clock),
    ping: async () => void (await database.db.command({ ping: 1 })),
  };
}
