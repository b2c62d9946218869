/**
 * The change feed: one change stream for a process, as hints. After any error, resumable or not, it opens
 * a new one and tells every listener that it may have missed something, so that each reads again.
 */
import type { ChangeStream, ChangeStreamUpdateDocument } from "mongodb";
import type { Clock } from "../base/clock.ts";
import type { Lifecycle } from "../base/lifecycle.ts";
import type { Log } from "../base/log.ts";
import type { Change, ChangeFeed } from "../generations/job-store.ts";
import type { Database } from "./database.ts";
import type { JobDocument } from "./documents.ts";

const reopenAfterMs = 250;

/** Only what a hint is made of crosses the wire. */
const pipeline = [
  { $match: { operationType: { $in: ["insert", "update", "replace"] } } },
  {
    $project: {
      operationType: 1,
      documentKey: 1,
      "updateDescription.updatedFields.phase": 1,
      "updateDescription.updatedFields.cancel": 1,
    },
  },
];

export class MongoChangeFeed implements ChangeFeed, Lifecycle {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #byJob = new Map<string, Set<() => void>>();
  readonly #any = new Set<(change: Change | null) => void>();
  readonly #stopping = new AbortController();
  #stream: ChangeStream<JobDocument> | null = null;
  #running: Promise<void> = Promise.resolve();

  constructor(database: Database, ports: { readonly clock: Clock; readonly log: Log }) {
    this.#database = database;
    this.#clock = ports.clock;
    this.#log = ports.log;
  }

  async start(): Promise<void> {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#stream?.close().catch(() => undefined);
    await this.#running;
  }

  onJob(jobId: string, listener: () => void): () => void {
    const listeners = this.#byJob.get(jobId) ?? new Set();
    this.#byJob.set(jobId, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#byJob.delete(jobId);
    };
  }

  onAny(listener: (change: Change | null) => void): () => void {
    this.#any.add(listener);
    return () => void this.#any.delete(listener);
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        await this.#follow();
      } catch (error) {
        if (signal.aborted) return;
        this.#log.warn({ err: error }, "change feed lost; opening it again");
      }
      await this.#clock.sleep(reopenAfterMs, signal);
    }
  }

  async #follow(): Promise<void> {
    const stream = this.#database.jobs.watch<JobDocument>(pipeline, {
      readConcern: { level: "majority" },
    });
    this.#stream = stream;
    try {
      // The first call opens the cursor; only then is nothing more missed.
      const first = stream.tryNext();
      await first.then((change) => change && this.#tell(change as ChangeStreamUpdateDocument));
      this.#tellGap();
      for await (const change of stream) this.#tell(change as ChangeStreamUpdateDocument);
    } finally {
      await stream.close().catch(() => undefined);
    }
  }

  #tell(event: Pick<ChangeStreamUpdateDocument, "documentKey" | "updateDescription">): void {
    const updated = event.updateDescription?.updatedFields ?? {};
    const inserted = event.updateDescription === undefined;
    const change: Change = {
      jobId: String(event.documentKey._id),
      mayBeWaiting: inserted || updated["phase"] !== undefined,
      mayBeCancelled: updated["cancel"] !== undefined,
    };
    for (const listener of this.#byJob.get(change.jobId) ?? []) listener();
    for (const listener of this.#any) listener(change);
  }

  #tellGap(): void {
    for (const listeners of this.#byJob.values()) for (const listener of listeners) listener();
    for (const listener of this.#any) listener(null);
  }
}
