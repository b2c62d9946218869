/**
 * The change feed: one change stream for a process, as hints. After any error, resumable or not, and when the
 * server falls silent, it opens a new one and tells every listener that it may have missed something, so that
 * each reads again.
 */
import type { ChangeStream, ChangeStreamUpdateDocument } from "mongodb";
import type { Clock } from "../base/clock.ts";
import type { Lifecycle } from "../base/lifecycle.ts";
import type { Log } from "../base/log.ts";
import { TimeUp, withTimeLimit } from "../base/time-limit.ts";
import type { Change, ChangeFeed } from "../generations/job-store.ts";
import type { Telemetry } from "../generations/telemetry.ts";
import type { Database } from "./database.ts";
import type { JobDocument } from "./documents.ts";

const reopenAfterMs = 250;
/** The server answers a call for changes after so long even when there are none. */
const awaitMs = 1_000;
/**
 * Calls for changes are at least so far apart, in milliseconds: in a busy stream one brings many changes, and
 * not one. What comes after a silence is not delayed, since the call for it was made long before.
 */
const gatherMs = 4;
/** How long a stop waits for the stream to close, in milliseconds. */
const stopLimitMs = 1_000;

/** Only what a hint is made of crosses the wire; a heartbeat without news changes no version. */
const pipeline = [
  {
    $match: {
      $or: [
        { operationType: { $in: ["insert", "replace"] } },
        { "updateDescription.updatedFields.version": { $exists: true } },
      ],
    },
  },
  {
    $project: {
      operationType: 1,
      documentKey: 1,
      "updateDescription.updatedFields.phase": 1,
      "updateDescription.updatedFields.cancel": 1,
      // Only what is new comes as a whole.
      "fullDocument.org": 1,
      "fullDocument.engine": 1,
      "fullDocument.phase": 1,
    },
  },
];

/** What the pipeline lets through of an event. */
interface Event extends Pick<ChangeStreamUpdateDocument, "documentKey"> {
  readonly updateDescription?: ChangeStreamUpdateDocument["updateDescription"];
  readonly fullDocument?: Pick<JobDocument, "org" | "engine" | "phase">;
}

function changeOf({ documentKey, updateDescription, fullDocument }: Event): Change {
  const updated: Partial<JobDocument> = updateDescription?.updatedFields ?? {};
  return {
    jobId: String(documentKey._id),
    phase: fullDocument?.phase ?? updated.phase ?? null,
    created: fullDocument
      ? { organizationId: fullDocument.org, engine: fullDocument.engine }
      : null,
    isCancelRequested: updated.cancel !== undefined,
  };
}

export class MongoChangeFeed implements ChangeFeed, Lifecycle {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #telemetry: Pick<Telemetry, "feedReopened">;
  readonly #byJob = new Map<string, Set<() => void>>();
  readonly #any = new Set<(change: Change | null) => void>();
  readonly #stopping = new AbortController();
  readonly #tried = Promise.withResolvers<void>();
  readonly #silentMs: number;
  #answeredAt = 0;
  #isOpen = false;
  #stream: ChangeStream<JobDocument> | null = null;
  #running: Promise<void> = Promise.resolve();

  /** @param callLimitMs how long the server may take to answer, in milliseconds. */
  constructor(
    database: Database,
    ports: {
      readonly clock: Clock;
      readonly log: Log;
      readonly telemetry: Pick<Telemetry, "feedReopened">;
    },
    callLimitMs: number,
  ) {
    this.#database = database;
    this.#silentMs = awaitMs + callLimitMs;
    this.#clock = ports.clock;
    this.#log = ports.log;
    this.#telemetry = ports.telemetry;
  }

  /** Resolves once the stream is open, or could not be opened: then it is tried again and again. */
  async start(): Promise<void> {
    this.#running = this.#run();
    await this.#tried.promise;
  }

  /** Does not wait for a server that is silent: what hangs then ends with the client. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#tried.resolve();
    const ended = async () => {
      await this.#stream?.close().catch(() => undefined);
      await this.#running;
    };
    await withTimeLimit(this.#clock, "the change stream", stopLimitMs, ended).catch((error) =>
      this.#log.warn({ err: error }, "change feed left behind"),
    );
  }

  /** @throws Error while the stream is not open. */
  async checkOpen(): Promise<void> {
    if (!this.#isOpen) throw new Error("the change feed is not open");
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
        this.#tried.resolve();
        if (signal.aborted) return;
        this.#log.warn({ err: error }, "change feed lost; opening it again");
        this.#telemetry.feedReopened();
      }
      await this.#clock.sleep(reopenAfterMs, signal);
    }
  }

  async #follow(): Promise<void> {
    const stream = this.#database.jobs.watch<JobDocument>(pipeline, {
      readConcern: { level: "majority" },
      maxAwaitTimeMS: awaitMs,
    });
    this.#stream = stream;
    const done = new AbortController();
    try {
      await Promise.race([this.#read(stream), this.#untilSilent(done.signal)]);
    } finally {
      this.#isOpen = false;
      done.abort();
      // Not waited for: who is silent would not answer this either.
      stream.close().catch(() => undefined);
    }
  }

  /**
   * Reads until an error, or until the stream is closed: a closed one answers null, again and again and at
   * once. The server answers each call within `awaitMs`, also when nothing changes.
   */
  async #read(stream: ChangeStream<JobDocument>): Promise<void> {
    // The first call opens the cursor; only then is nothing more missed.
    let calledAt = Number.NEGATIVE_INFINITY;
    for (let isOpen = false; !stream.closed; isOpen = true) {
      const now = this.#clock.monotonicMs();
      if (stream === this.#stream) this.#answeredAt = now;
      if (stream.bufferedCount() === 0) {
        const waitMs = calledAt + gatherMs - now;
        if (waitMs > 0) await this.#clock.sleep(waitMs, this.#stopping.signal);
        calledAt = this.#clock.monotonicMs();
      }
      const change = await stream.tryNext();
      if (change !== null) this.#tell(change as unknown as Event);
      if (isOpen) continue;
      this.#isOpen = true;
      this.#tried.resolve();
      this.#tellGap();
    }
  }

  /** Throws once the server has not answered for so long that the connection must be taken for dead. */
  async #untilSilent(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      if (this.#clock.monotonicMs() - this.#answeredAt > this.#silentMs) {
        throw new TimeUp("the change stream", this.#silentMs);
      }
      await this.#clock.sleep(awaitMs, signal);
    }
  }

  #tell(event: Event): void {
    const change = changeOf(event);
    for (const listener of this.#byJob.get(change.jobId) ?? []) listener();
    for (const listener of this.#any) listener(change);
  }

  #tellGap(): void {
    for (const listeners of this.#byJob.values()) for (const listener of listeners) listener();
    for (const listener of this.#any) listener(null);
  }
}
