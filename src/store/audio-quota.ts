/**
 * How many seconds of audio an organization may ask for in a day (UTC, by the database's clock). The sum is on
 * the organization's record and grows by one guarded update, so it never exceeds the quota, whoever asks how
 * often at once; creates that come together share that update.
 *
 * A job counts from its acceptance, with the seconds that it asks for. One that is cancelled before it began
 * gives them back, on the day they were counted. Any other end gives nothing back, also a failure, a refusal or
 * a late cancel: the work was done, or tried, and otherwise it could be asked for without end. A create whose
 * outcome is unknown, because the database went away, stays counted. The sum is written without waiting for a
 * majority: a crash of the primary may take what was counted in its last tenth of a second.
 */
import { ServiceError } from "../generations/failures.ts";
import type { Database } from "./database.ts";
import { GroupCommit } from "./group-commit.ts";

interface Demand {
  readonly organizationId: string;
  readonly seconds: number;
}

const today = { $dateTrunc: { date: "$$NOW", unit: "day" } } as const;
const usedToday = { $cond: [{ $eq: ["$usage.day", today] }, "$usage.seconds", 0] };
const quick = { writeConcern: { w: 1, journal: false } } as const;
/** Creates that share an update, and updates at the same time. */
const groups = { concurrent: 2, most: 500 };

export class AudioQuota {
  readonly #organizations: Database["organizations"];
  readonly #most: Readonly<Record<"$ifNull", readonly unknown[]>>;
  readonly #group: GroupCommit<Demand, boolean>;

  /** @param most seconds in a day where the organization's record does not say */
  constructor({ organizations }: Database, most: number) {
    this.#organizations = organizations;
    this.#most = { $ifNull: ["$limits.audioSecondsPerDay", most] };
    this.#group = new GroupCommit((demands) => this.#addAll(demands), groups);
  }

  /** Counts the seconds of a new job. @throws ServiceError quota_exceeded */
  async take(organizationId: string, seconds: number): Promise<void> {
    if (await this.#group.submit({ organizationId, seconds })) return;
    throw await this.#exceeded(organizationId, seconds);
  }

  /** Takes back what was counted for a job of that time, if it was today. */
  async giveBack(
    organizationId: string,
    seconds: number,
    createdAt: Date | "$$NOW",
  ): Promise<void> {
    const day = { $dateTrunc: { date: createdAt, unit: "day" } };
    const left = { $max: [0, { $subtract: ["$usage.seconds", seconds] }] };
    await this.#organizations.updateOne(
      { _id: organizationId, $expr: { $eq: ["$usage.day", day] } },
      [{ $set: { "usage.seconds": left } }],
      quick,
    );
  }

  async #addAll(demands: readonly Demand[]): Promise<PromiseSettledResult<boolean>[]> {
    const byOrganization = Map.groupBy(demands, ({ organizationId }) => organizationId);
    const added = new Map<Demand, boolean>();
    await Promise.all(
      [...byOrganization].map(async ([id, own]) => {
        const sum = own.reduce((total, { seconds }) => total + seconds, 0);
        const all = await this.#add(id, sum);
        // One by one, when they do not fit together.
        for (const demand of own) {
          added.set(demand, all || (own.length > 1 && (await this.#add(id, demand.seconds))));
        }
      }),
    );
    return demands.map((each) => ({ status: "fulfilled", value: added.get(each) ?? false }));
  }

  async #add(organizationId: string, seconds: number): Promise<boolean> {
    const sum = { $add: [usedToday, seconds] };
    const changed = await this.#organizations.updateOne(
      { _id: organizationId, $expr: { $lte: [sum, this.#most] } },
      [{ $set: { usage: { day: today, seconds: sum } } }],
      quick,
    );
    return changed.matchedCount === 1;
  }

  async #exceeded(organizationId: string, seconds: number): Promise<ServiceError> {
    const tomorrow = { $dateAdd: { startDate: today, unit: "day", amount: 1 } };
    const [found] = await this.#organizations
      .aggregate<{ used: number; most: number; endsInMs: number }>([
        { $match: { _id: organizationId } },
        {
          $project: {
            used: usedToday,
            most: this.#most,
            endsInMs: { $toInt: { $subtract: [tomorrow, "$$NOW"] } },
          },
        },
      ])
      .toArray();
    const { used = 0, most = 0, endsInMs = 0 } = found ?? {};
    return new ServiceError("quota_exceeded", {
      systemMessage: `The organization has asked for ${used} of its ${most} seconds of audio of this day (UTC), and ${seconds} more would exceed them`,
      details: {
        quota: "audio_seconds_per_day",
        limit: String(most),
        used: String(used),
        organization_id: organizationId,
      },
      retryAfterSeconds: Math.max(1, Math.ceil(endsInMs / 1_000)),
    });
  }
}
