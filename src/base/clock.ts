/**
 * Time, injected. Nothing outside this file reads the wall clock or sets a timer on its own
 * authority, so that tests can hold time still and a reader can find who depends on it.
 *
 * The database's clock (`$$NOW`) decides leases and deadlines. A process uses `monotonicMs` only to
 * give up earlier than the database would make it.
 */

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
  // Not that of `node:timers/promises`, which makes an error for each sleep that is cut short: the limit of
  // time around a call of the database is one.
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const end = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", end);
        resolve();
      };
      const timer = setTimeout(end, ms);
      signal?.addEventListener("abort", end);
    }),
};
