/**
 * How many jobs of one organization may wait. The queue is counted by index, at most once a second for each
 * organization and process, unless so much was let in since that it is worth to look sooner: a look lets in a
 * sixteenth of what is left, and at least one job. So a long queue costs its creates next to nothing, and near
 * the quota each create looks.
 *
 * The bound: one process lets in exactly the quota, for before it looks it waits until what it let in is in the
 * queue. Others may still let in what their last look, a second old at most, gave them; so `n` processes exceed
 * the quota by at most `n - 1` sixteenths of it, or by one job each where that is more. Jobs between two attempts
 * do not count: they had their turn.
 */
import type { Clock } from "../base/clock.ts";
import { ServiceError } from "../generations/failures.ts";
import type { Database } from "./database.ts";

interface Look {
  /** When it came back, by the monotonic clock. */
  readonly at: number;
  /** The organization's own quota, or the default. */
  readonly most: number;
  /** Counted in the queue. */
  readonly waiting: number;
  /** How many may be let in before the next look. */
  readonly grant: number;
  granted: number;
}

interface Entry {
  look: Promise<Look> | null;
  /** Let in, and neither in the queue yet nor given up. */
  underWay: number;
  /** Called when nothing is under way any more. */
  onQuiet: (() => void) | null;
}

/** How old a look may be, in milliseconds. */
const keptMs = 1_000;
/** A guess when a waiting job begins, in seconds. */
const retryAfterSeconds = 10;
/** Organizations that are remembered. */
const mostRemembered = 10_000;

export class QueueQuota {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #default: number;
  readonly #entries = new Map<string, Entry>();

  /** @param most jobs that may wait where the organization's record does not say */
  constructor(database: Database, clock: Clock, most: number) {
    this.#database = database;
    this.#clock = clock;
    this.#default = most;
  }

  /**
   * Takes a place for a new job.
   * @returns to be called when the job is in the queue, or will not be
   * @throws ServiceError quota_exceeded
   */
  async take(organizationId: string): Promise<() => void> {
    const entry = this.#entryOf(organizationId);
    for (;;) {
      const found = entry.look ?? this.#begin(organizationId, entry);
      const look = await found;
      // From here to the count nothing else runs.
      const isOld = this.#clock.monotonicMs() - look.at >= keptMs;
      if (!isOld && look.waiting + look.granted >= look.most) throw full(organizationId, look.most);
      if (!isOld && look.granted < look.grant) {
        look.granted += 1;
        entry.underWay += 1;
        return () => leave(entry);
      }
      // Whoever found it used up before may have begun the next one.
      if (entry.look === found) this.#begin(organizationId, entry);
    }
  }

  #begin(organizationId: string, entry: Entry): Promise<Look> {
    const look = this.#look(organizationId, entry);
    entry.look = look;
    look.catch(() => {
      if (entry.look === look) entry.look = null;
    });
    return look;
  }

  /** Nothing is let in meanwhile, so that what is under way comes to an end. */
  async #look(organizationId: string, entry: Entry): Promise<Look> {
    const { jobs, organizations } = this.#database;
    await quiet(entry);
    const [engines, record] = await Promise.all([
      jobs.distinct("engine", { phase: "waiting" }),
      organizations.findOne({ _id: organizationId }, { projection: { limits: 1 } }),
    ]);
    const most = record?.limits?.queuedJobs ?? this.#default;
    const waitingHere = {
      phase: "waiting",
      engine: { $in: engines },
      org: organizationId,
    } as const;
    const waiting = await jobs.countDocuments(waitingHere, { limit: most, hint: "queue" });
    const grant = Math.max(1, Math.floor((most - waiting) / 16));
    return { at: this.#clock.monotonicMs(), most, waiting, grant, granted: 0 };
  }

  #entryOf(organizationId: string): Entry {
    const found = this.#entries.get(organizationId);
    if (found !== undefined) return found;
    if (this.#entries.size >= mostRemembered) this.#forget();
    const entry: Entry = { look: null, underWay: 0, onQuiet: null };
    this.#entries.set(organizationId, entry);
    return entry;
  }

  /** All that nothing depends on. */
  #forget(): void {
    for (const [id, { underWay }] of this.#entries) {
      if (underWay === 0) this.#entries.delete(id);
    }
  }
}

function leave(entry: Entry): void {
  entry.underWay -= 1;
  if (entry.underWay === 0) entry.onQuiet?.();
}

async function quiet(entry: Entry): Promise<void> {
  if (entry.underWay === 0) return;
  await new Promise<void>((resolve) => {
    entry.onQuiet = resolve;
  });
  entry.onQuiet = null;
}

function full(organizationId: string, most: number): ServiceError {
  return new ServiceError("quota_exceeded", {
    systemMessage: `${most} jobs of the organization wait, which is its quota; retry when one has begun, or cancel one`,
    details: { quota: "queued_jobs", limit: String(most), organization_id: organizationId },
    retryAfterSeconds,
  });
}
