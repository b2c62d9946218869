/** Looks around a job: who goes first, what runs, who works, and how fast recent jobs were. */
import type { Document } from "mongodb";
import type { Clock } from "../base/clock.ts";
import type { CallBounds } from "../generations/call-bounds.ts";
import type { Job } from "../generations/job.ts";
import { rankOf } from "../generations/priority.ts";
import { type QueueFacts, queueFactsOf, type Surroundings } from "../generations/queue-facts.ts";
import { readBounds } from "./bounds.ts";
import type { Database } from "./database.ts";
import type { MongoOrganizations } from "./organizations.ts";
import { liveCapacity } from "./workers.ts";

/** Recent jobs that the pace is taken from, and how many there must be. */
const sample = 50;
const leastSample = 3;
/** Counting stops here: a position beyond it is as good as this one. */
const mostAhead = 10_000;
/** Jobs ahead whose lengths are read; of more, these stand for all, since each costs the read of a document. */
const mostRead = 200;
/** How long the pace of an engine is good for, in milliseconds. */
const paceKeptMs = 5_000;

export class QueueLook {
  readonly #database: Database;
  readonly #organizations: MongoOrganizations;
  readonly #clock: Clock;
  readonly #defaultCap: number;
  readonly #paces = new Map<string, { at: number; pace: Promise<Surroundings["pace"]> }>();

  constructor(
    database: Database,
    organizations: MongoOrganizations,
    clock: Clock,
    defaultCap: number,
  ) {
    this.#database = database;
    this.#organizations = organizations;
    this.#clock = clock;
    this.#defaultCap = defaultCap;
  }

  /** The facts of an active job; null for one that has ended. */
  async factsOf(job: Job, bounds?: CallBounds): Promise<QueueFacts | null> {
    if (job.phase === "ended") return null;
    const [ahead, running, caps, { now, capacity }, organizations, pace] = await Promise.all([
      this.#ahead(job, bounds),
      this.#running(job, bounds),
      this.#organizations.capsOf([job.organizationId]),
      liveCapacity(this.#database, job.engine),
      this.#organizationsWith(job.engine, bounds),
      this.#paceOf(job.engine),
    ]);
    const cap = caps.get(job.organizationId) ?? this.#defaultCap;
    return queueFactsOf(job, { now, ahead, running, cap, capacity, organizations, pace });
  }

  /** Counted in the index alone: ten thousand documents would take a quarter of a second (measured). */
  async #ahead(job: Job, bounds?: CallBounds): Promise<Surroundings["ahead"]> {
    if (job.phase === "running") return { jobs: 0, seconds: 0 };
    const rank = rankOf(job);
    const queue = { phase: "waiting", engine: job.engine, org: job.organizationId } as const;
    const limits = { limit: mostAhead, hint: "queue", ...readBounds(bounds) };
    const [earlier, alike, read] = await Promise.all([
      this.#database.jobs.countDocuments({ ...queue, rank: { $lt: rank } }, limits),
      this.#database.jobs.countDocuments({ ...queue, rank, _id: { $lt: job.id } }, limits),
      this.#sum(
        [
          { $match: { ...queue, rank: { $lte: rank }, _id: { $ne: job.id } } },
          { $sort: { rank: 1, _id: 1 } },
          { $limit: mostRead },
        ],
        "$request.durationSeconds",
        bounds,
      ),
    ]);
    const jobs = Math.min(earlier + alike, mostAhead);
    return { jobs, seconds: (read.seconds / Math.max(1, read.jobs)) * jobs };
  }

  async #running(job: Job, bounds?: CallBounds): Promise<Surroundings["running"]> {
    const done = { $divide: ["$progress.percent", 100] };
    const left = { $multiply: ["$request.durationSeconds", { $subtract: [1, done] }] };
    const filter = { org: job.organizationId, slot: { $gte: 0 }, _id: { $ne: job.id } };
    return this.#sum([{ $match: filter }, { $limit: mostAhead }], left, bounds);
  }

  async #sum(
    found: Document[],
    seconds: unknown,
    bounds?: CallBounds,
  ): Promise<Surroundings["ahead"]> {
    const [sum] = await this.#database.jobs
      .aggregate<{ jobs: number; seconds: number }>(
        [...found, { $group: { _id: null, jobs: { $sum: 1 }, seconds: { $sum: seconds } } }],
        readBounds(bounds),
      )
      .toArray();
    return { jobs: sum?.jobs ?? 0, seconds: sum?.seconds ?? 0 };
  }

  async #organizationsWith(engine: string, bounds?: CallBounds): Promise<number> {
    const found = await this.#database.jobs
      .aggregate(
        [
          { $match: { phase: "waiting", engine } },
          { $group: { _id: "$org" } },
          { $count: "count" },
        ],
        readBounds(bounds),
      )
      .toArray();
    return found[0]?.["count"] ?? 0;
  }

  #paceOf(engine: string): Promise<Surroundings["pace"]> {
    const now = this.#clock.monotonicMs();
    const known = this.#paces.get(engine);
    if (known !== undefined && now - known.at < paceKeptMs) return known.pace;
    const pace = this.#measure(engine);
    this.#paces.set(engine, { at: now, pace });
    pace.catch(() => this.#paces.delete(engine));
    return pace;
  }

  /** Percentiles of the time that recent jobs took from their first start, for a second of music. */
  async #measure(engine: string): Promise<Surroundings["pace"]> {
    const recent = await this.#database.jobs
      .find(
        { status: "succeeded", phase: "ended", engine },
        { projection: { startedAt: 1, endedAt: 1, "request.durationSeconds": 1 } },
      )
      .sort({ endedAt: -1 })
      .limit(sample)
      .toArray();
    const paces = recent
      .flatMap(({ startedAt, endedAt, request }) => {
        if (startedAt === undefined || endedAt === undefined) return [];
        return [(endedAt.getTime() - startedAt.getTime()) / request.durationSeconds];
      })
      .sort((a, b) => a - b);
    if (paces.length < leastSample) return null;
    const at = (part: number) => paces[Math.ceil(part * paces.length) - 1] ?? 0;
    return { p50: at(0.5), p90: at(0.9) };
  }
}
