/** The queues that are compared, what each promises, and how it is set. */
import type { Queue, QueueOptions } from "./queue.ts";

export type ServerName = "mongod" | "PostgreSQL" | "Redis";

export interface Contender {
  /** Its module in this folder. */
  readonly module: string;
  readonly name: string;
  readonly server: ServerName;
  /** What holds when it acknowledges a job. */
  readonly durability: string;
  readonly settings: string;
  /** How many jobs a drain has, so that it takes about as long as the others. */
  readonly drainJobs: number;
  /** Left out where it differs from another in draining only. */
  readonly drainsOnly?: boolean;
}

const onPostgres = "fsync, synchronous_commit on";

export const contenders: readonly Contender[] = [
  {
    module: "ours",
    name: "Music Generations",
    server: "mongod",
    durability: "majority, journaled",
    settings: "64 at once, cap 4 for each of 50 organizations, turns, leases, heartbeats",
    drainJobs: 10_000,
  },
  {
    module: "agenda",
    name: "Agenda",
    server: "mongod",
    durability: "majority, journaled",
    settings: "64 at once, polls every 100 ms, locks 128 ahead; no caps",
    drainJobs: 3_000,
  },
  {
    module: "agenda-as-it-comes",
    name: "Agenda, as it comes",
    server: "mongod",
    durability: "majority, journaled",
    settings: "64 at once, all else as it comes; no caps",
    drainJobs: 3_000,
    drainsOnly: true,
  },
  {
    module: "agenda-capped",
    name: "Agenda, cap 4",
    server: "mongod",
    durability: "majority, journaled",
    settings: "as the first, with a job name for each organization that runs 4 at once",
    drainJobs: 3_000,
    drainsOnly: true,
  },
  {
    module: "graphile-worker",
    name: "graphile-worker",
    server: "PostgreSQL",
    durability: onPostgres,
    settings: "64 at once, pool of 65; no caps",
    drainJobs: 10_000,
  },
  {
    module: "graphile-worker-batched",
    name: "graphile-worker, batched",
    server: "PostgreSQL",
    durability: onPostgres,
    settings: "as above, takes 500 at a time, completes in batches; no caps",
    drainJobs: 40_000,
    drainsOnly: true,
  },
  {
    module: "pg-boss",
    name: "pg-boss",
    server: "PostgreSQL",
    durability: onPostgres,
    settings: "batches of 64 completed as one, burst, LISTEN/NOTIFY; no caps",
    drainJobs: 20_000,
  },
  {
    module: "pg-boss-capped",
    name: "pg-boss, capped",
    server: "PostgreSQL",
    durability: onPostgres,
    settings: "as above, groupConcurrency 4",
    drainJobs: 20_000,
    drainsOnly: true,
  },
  {
    module: "bullmq",
    name: "BullMQ",
    server: "Redis",
    durability: "appendfsync always",
    settings: "64 at once; no caps",
    drainJobs: 10_000,
  },
];

export interface OpenOptions extends QueueOptions {
  readonly queue: string;
}

/** Opens the queue of this module. */
export async function openQueue({ queue, ...options }: OpenOptions): Promise<Queue> {
  return (await import(`./${queue}.ts`)).open(options);
}
