/**
 * What a process of schema version 1 wrote, frozen: the updates of that code as data, so that tests can let
 * such a process work beside this one. Nothing here follows the present code.
 */
import type { Collection, Document } from "mongodb";

const now = "$$NOW";
const version = { $add: ["$version", 1] };

export class Schema1 {
  readonly #jobs: Collection<{ _id: string } & Document>;

  constructor(jobs: unknown) {
    this.#jobs = jobs as Collection<{ _id: string } & Document>;
  }

  async create(id: string, engine: string): Promise<void> {
    const job = {
      _id: id,
      schema: 1,
      org: "org_a",
      user: "user_1",
      engine,
      request: {
        prompt: "old rain",
        durationSeconds: 5,
        mode: "creation",
        instrumental: false,
        lyrics: null,
        seedTrackId: null,
        styleTags: [],
        title: null,
      },
      seed: 7,
      status: "queued",
      phase: "waiting",
      version: 1,
      progress: { percent: 0, phase: null, message: null },
      priority: 0,
      attempts: 0,
      epoch: 0,
    };
    const times = { createdAt: now, deadlineAt: { $add: [now, 3_600_000] } };
    const document = { $mergeObjects: [{ $literal: job }, times] };
    await this.#jobs.updateOne({ _id: id }, [{ $replaceWith: document }], { upsert: true });
  }

  /** Its next job in its order, which it takes into slot `slot`; whether it could. */
  async claim(engine: string, token: string, slot: number): Promise<string | null> {
    const [next] = await this.#jobs
      .find({ phase: "waiting", engine, org: "org_a" })
      .sort({ priority: 1, createdAt: 1, _id: 1 })
      .limit(1)
      .toArray();
    if (next === undefined) return null;
    const lease = {
      owner: "old worker",
      token,
      expiresAt: { $add: [now, 15_000] },
      deadlineAt: { $add: [now, 600_000] },
    };
    const claimed = await this.#jobs.updateOne({ _id: next._id, phase: "waiting" }, [
      {
        $set: {
          phase: "running",
          status: "running",
          version,
          slot,
          lease,
          epoch: { $add: ["$epoch", 1] },
          attempts: { $add: ["$attempts", 1] },
          startedAt: { $ifNull: ["$startedAt", now] },
        },
      },
    ]);
    return claimed.modifiedCount === 1 ? next._id : null;
  }

  /** Hands the job back, or backs off; whether its lease still held. */
  async release(id: string, token: string, phase: "waiting" | "backoff"): Promise<boolean> {
    const update = [
      {
        $set: {
          phase,
          status: "queued",
          version,
          ...(phase === "backoff" && { notBefore: now }),
          "progress.phase": null,
          "progress.message": null,
        },
      },
      { $unset: ["slot", "lease"] },
    ];
    const filter = { _id: id, phase: "running", "lease.token": token };
    return (await this.#jobs.updateOne(filter, update)).modifiedCount === 1;
  }

  /** Ends a job that runs with a failure; whether its lease still held. */
  async fail(id: string, token: string): Promise<boolean> {
    const ended = { phase: "ended", status: "failed", version, endedAt: now };
    const failure = { $literal: { kind: "engine", message: "Broken." } };
    const filter = { _id: id, phase: "running", "lease.token": token };
    const update = [{ $set: { ...ended, failure } }, { $unset: ["slot", "lease"] }];
    return (await this.#jobs.updateOne(filter, update)).modifiedCount === 1;
  }
}
