/**
 * Time, injected. Nothing outside this file reads the wall clock or sets a timer on its own
 * authority, so that tests can hold time still and a reader can find who depends on it.
 *
 * The database's clock (`$$NOW`) decides leases and deadlines. A process uses `monotonicMs` only to
 * give up earlier than the database would make it.
 */
import { setTimeout as delay } from "node:timers/promises";

export interface Clock {
  /** Wall-clock time, for humans and signatures; may jump. */
  now(): Date;
  /** Milliseconds that never go back; only differences mean anything. */
  monotonicMs(): number;
  /** Resolves after `ms` milliseconds, or at once when `signal` aborts (it never rejects). */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
  sleep: async (ms, signal) => {
    try {
      await delay(ms, undefined, signal ? { signal } : {});
    } catch (error) {
      if (!signal?.aborted) throw error;
    }
  },
};
