/**
 * The same figures as a collection grows: creates, pickups by an idle worker, the turn of an organization
 * while the worker is full, a drain, and what the look examines.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { JobDocument } from "../../../src/store/documents.ts";
import { nowMs, sleep } from "../clock.ts";
import { type HeldJobs, holdJobs } from "../held-jobs.ts";
import { organizationOf, type QueueOptions } from "../queues/queue.ts";
import { insertMany, type OpenStore, openStore, startWorker } from "../service.ts";

export interface GrowthOptions extends QueueOptions {
  /** Jobs in the collection that ended; they belong to 50 organizations. */
  readonly ended: number;
  /** Jobs that wait, of one organization that is at its cap. */
  readonly waiting: number;
  /** Organizations that take part in the drain. */
  readonly organizations: number;
  readonly drain: number;
  readonly samples: number;
}

export interface Growth {
  /** Milliseconds of each. */
  readonly creates: readonly number[];
  readonly pickups: readonly number[];
  readonly turns: readonly number[];
  /** Jobs a second, those of the backlog that had their turn included. */
  readonly drained: number;
  readonly look: { readonly keys: number; readonly ms: number };
}

export async function run(options: GrowthOptions): Promise<Growth> {
  const store = await openStore(options.url, options.name);
  try {
    await fill(store, options);
    const { creates, pickups } = await idle(options);
    return {
      creates,
      pickups,
      turns: await full(options),
      drained: await drain(store, options),
      look: await explainLook(store),
    };
  } finally {
    await store.close();
  }
}

async function fill(store: OpenStore, { ended, waiting }: GrowthOptions): Promise<void> {
  const at = new Date();
  const end = { phase: "ended", status: "succeeded", startedAt: at, endedAt: at } as const;
  await insertMany(store, ended, (n) => ({
    ...end,
    org: organizationOf(n),
    track: { id: `mtrack_${n}`, artifact: `tracks/${n}/1/master.mp3` } as JobDocument["track"] & {},
  }));
  await insertMany(store, waiting, () => ({ org: "org_backlog" }));
}

async function untilBacklogRuns({ store }: HeldJobs, { waiting }: GrowthOptions): Promise<void> {
  const running = { org: "org_backlog", phase: "running" } as const;
  const expected = Math.min(4, waiting);
  while ((await store.database.jobs.countDocuments(running)) < expected) await sleep(100);
  await sleep(2_000);
}

/** With room for more: each job is created, acknowledged, begun, and cancelled again. */
async function idle(options: GrowthOptions) {
  const held = await holdJobs({ ...options, isGuest: true }, 64);
  const creates: number[] = [];
  const pickups: number[] = [];
  try {
    await untilBacklogRuns(held, options);
    for (let n = 0; n < options.samples; n++) {
      const organization = `org_idle_${n}`;
      const begun = held.next("begun", organization);
      const startedAt = nowMs();
      const job = await held.create(organization);
      const acknowledgedAt = nowMs();
      creates.push(acknowledgedAt - startedAt);
      pickups.push(Math.max(0, (await begun) - acknowledgedAt));
      await held.cancel(job);
      await sleep(20 + 20 * Math.random());
    }
    return { creates, pickups };
  } finally {
    await held.close();
    await handBack(options);
  }
}

/** Without room: from the end of one attempt to the begin of the next, of an organization that waited. */
async function full(options: GrowthOptions): Promise<number[]> {
  const places = 8;
  const held = await holdJobs({ ...options, isGuest: true }, places);
  const turns: number[] = [];
  try {
    await untilBacklogRuns(held, options);
    const others = places - Math.min(4, options.waiting);
    const running = [];
    for (let n = 0; n < others; n++) running.push(await held.begin(`org_full_${n}`));
    for (let n = 0; n < options.samples; n++) {
      const next = `org_next_${n}`;
      const job = await held.create(next);
      await sleep(20);
      const first = running.shift()!;
      const begun = held.next("begun", next);
      const stopped = held.next("stopped", first.organizationId);
      await held.cancel(first);
      const freedAt = await stopped;
      turns.push((await begun) - freedAt);
      running.push(job);
    }
    return turns;
  } finally {
    await held.close();
    await handBack(options);
  }
}

/** What a killed worker held waits again, or is gone if it was the measurement's own. */
async function handBack({ url, name }: GrowthOptions): Promise<void> {
  const store = await openStore(url, name);
  const running = { phase: "running" } as const;
  await store.database.jobs.deleteMany({ ...running, org: { $ne: "org_backlog" } });
  const again = {
    $set: { phase: "waiting", status: "queued" },
    $unset: { slot: 1, lease: 1 },
  } as const;
  await store.database.jobs.updateMany(running, again);
  await store.close(true);
}

/** One worker and `drain` jobs of so many organizations, beside the backlog, of which it takes its turns. */
async function drain(store: OpenStore, options: GrowthOptions): Promise<number> {
  const { organizations, drain: count } = options;
  await insertMany(store, count, (n) => ({ org: `org_drain_${n % organizations}` }));
  const folder = await mkdtemp(join(tmpdir(), "mgb-work-"));
  let begun = 0;
  let firstAt = 0;
  const { jobs } = store.database;
  const worker = await startWorker(store, folder, () => {
    if (begun++ === 0) firstAt = nowMs();
  });
  // By the index of the queue alone: an end must not cost a look at all that waits or has ended.
  const left = { phase: "waiting", engine: "bench", org: /^org_drain/ } as const;
  while ((await jobs.countDocuments(left, { limit: 1, hint: "queue" })) > 0) await sleep(20);
  while ((await jobs.countDocuments({ phase: "running", org: left.org })) > 0) await sleep(5);
  const rate = (begun * 1_000) / (nowMs() - firstAt);
  await worker.stop();
  await rm(folder, { recursive: true, force: true });
  return rate;
}

/** The look of a claim, as `src/store/claims.ts` makes it. */
async function explainLook({ database }: OpenStore) {
  const explained = await database.jobs
    .aggregate([{ $match: { phase: "waiting", engine: "bench" } }, { $group: { _id: "$org" } }], {
      hint: "queue",
    })
    .explain("executionStats");
  const stats = explained["executionStats"] ?? explained["stages"][0]["$cursor"]["executionStats"];
  return { keys: stats.totalKeysExamined as number, ms: stats.executionTimeMillis as number };
}
