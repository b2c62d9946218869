/**
 * Looks at jobs that are watched. Ten who watch one job ask at the same moment, and one read answers them all:
 * a read that begins after a question may answer it, one that began before may not. A poll, which nobody waits
 * for, is content with what another has seen a moment ago.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Clock } from "../base/clock.ts";
import type { Job, Scope } from "../generations/job.ts";
import type { JobStore } from "../generations/job-store.ts";

/** The reads of one job in one scope. */
interface Shared {
  /** How to wake each of its watchers. */
  readonly watchers: Set<() => void>;
  /** The last read that has begun, and when. */
  begun: { readonly at: number; readonly found: Promise<Job | null> } | null;
  /** The read that is about to begin. */
  next: Promise<Job | null> | null;
}

/** One watcher's way to look; to be closed. */
export interface Look {
  /** The job as it is now, or was at most `maxAgeMs` ago; null when there is none. */
  at(maxAgeMs: number): Promise<Job | null>;
  close(): void;
}

export class Looks {
  readonly #store: Pick<JobStore, "get">;
  readonly #clock: Clock;
  readonly #shared = new Map<string, Shared>();

  constructor(store: Pick<JobStore, "get">, clock: Clock, stopping: AbortSignal) {
    this.#store = store;
    this.#clock = clock;
    // One listener for all: ten thousand of their own would be a list to walk for each.
    stopping.addEventListener("abort", () => {
      for (const { watchers } of this.#shared.values()) for (const wake of watchers) wake();
    });
  }

  /** @param wake called when the service begins to stop; one for each watcher */
  open(scope: Scope, jobId: string, wake: () => void): Look {
    const key = JSON.stringify([scope.organizationId, scope.userId, jobId]);
    const shared = this.#shared.get(key) ?? { watchers: new Set(), begun: null, next: null };
    this.#shared.set(key, shared);
    shared.watchers.add(wake);
    return {
      at: (maxAgeMs) => this.#at(shared, maxAgeMs, () => this.#store.get(scope, jobId)),
      close: () => {
        shared.watchers.delete(wake);
        if (shared.watchers.size === 0) this.#shared.delete(key);
      },
    };
  }

  #at(shared: Shared, maxAgeMs: number, read: () => Promise<Job | null>): Promise<Job | null> {
    const { begun } = shared;
    if (begun !== null && this.#clock.monotonicMs() - begun.at < maxAgeMs) return begun.found;
    shared.next ??= this.#begin(shared, read);
    return shared.next;
  }

  /** Not at once: whoever was woken by the same hint asks within this turn of the event loop. */
  async #begin(shared: Shared, read: () => Promise<Job | null>): Promise<Job | null> {
    await nextTurn();
    shared.next = null;
    const found = read();
    shared.begun = { at: this.#clock.monotonicMs(), found };
    return found;
  }
}
