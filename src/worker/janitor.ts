/**
 * The janitor: deletes jobs that have been kept long enough, and artifacts that no job names: those of jobs
 * it just deleted, and orphans that a crash left between the two. Any number of janitors may run.
 */
import type { Clock } from "../base/clock.ts";
import type { Lifecycle } from "../base/lifecycle.ts";
import type { Log } from "../base/log.ts";
import { jittered, type Random } from "../base/random.ts";
import type { ArtifactStore } from "../generations/artifacts.ts";
import type { JobStore, Retention } from "../generations/job-store.ts";

export interface JanitorPorts {
  readonly store: Pick<JobStore, "sweepRetention" | "namedAmong">;
  readonly artifacts: Pick<ArtifactStore, "delete" | "list">;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

export interface JanitorOptions {
  readonly retention: Retention;
  /** An artifact younger than this may belong to an attempt that still runs; in milliseconds. */
  readonly orphanAfterMs: number;
  /** The longest time between two rounds; jitter takes up to half of it away. */
  readonly everyMs: number;
  /** Removes what interrupted puts left in the artifact store, where it does not do so by itself. */
  readonly sweepLeftovers?: () => Promise<unknown>;
}

/** Artifacts that are looked up at once. */
const batchSize = 100;

export class Janitor implements Lifecycle {
  readonly #ports: JanitorPorts;
  readonly #options: JanitorOptions;
  readonly #stopping = new AbortController();
  #loop: Promise<void> = Promise.resolve();

  constructor(ports: JanitorPorts, options: JanitorOptions) {
    this.#ports = ports;
    this.#options = options;
  }

  async start(): Promise<void> {
    this.#loop = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#loop;
  }

  /** One round; never throws, since the next one tries again. */
  async tidy(): Promise<void> {
    const { store, log } = this.#ports;
    try {
      await this.#delete(await store.sweepRetention(this.#options.retention));
      await this.#deleteOrphans();
      await this.#options.sweepLeftovers?.();
    } catch (error) {
      log.warn({ err: error }, "tidying up failed");
    }
  }

  async #run(): Promise<void> {
    const { clock, random } = this.#ports;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await clock.sleep(jittered(random, this.#options.everyMs), signal);
      if (!signal.aborted) await this.tidy();
    }
  }

  async #deleteOrphans(): Promise<void> {
    const { artifacts, clock } = this.#ports;
    const olderThan = new Date(clock.now().getTime() - this.#options.orphanAfterMs);
    let batch: string[] = [];
    for await (const { name } of artifacts.list(olderThan)) {
      if (this.#stopping.signal.aborted) return;
      batch.push(name);
      if (batch.length < batchSize) continue;
      await this.#deleteUnnamed(batch);
      batch = [];
    }
    await this.#deleteUnnamed(batch);
  }

  async #deleteUnnamed(names: readonly string[]): Promise<void> {
    if (names.length === 0) return;
    const named = new Set(await this.#ports.store.namedAmong(names));
    const orphans = names.filter((name) => !named.has(name));
    if (orphans.length > 0) this.#ports.log.info({ orphans: orphans.length }, "orphans deleted");
    await this.#delete(orphans);
  }

  async #delete(names: readonly string[]): Promise<void> {
    for (const name of names) await this.#ports.artifacts.delete(name);
  }
}
