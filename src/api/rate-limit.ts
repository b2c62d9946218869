/**
 * One rate limit over all processes: so many calls of one caller in a window of a minute.
 *
 * A call is counted here, in memory, and waits for nobody. What was counted here is told to the shared counter
 * in shares, and its answer is what all processes have counted; so a caller costs a write for some hundreds of
 * calls and not for each. The bound: a process lets calls in while the sum that it knows of is below the limit,
 * and knows of all but what others have not told yet, a twentieth of the limit at most for each. So `n`
 * processes let in at most the limit and `n` twentieths of it (and one process alone exactly the limit); within
 * a minute that spans two windows, twice that. A call that would make an untold share larger waits for the
 * counter's answer.
 *
 * While the database is away, each process counts for itself.
 */
import type { Clock } from "../base/clock.ts";
import { rateWindowSeconds, type SharedCounter } from "../generations/limits.ts";

/** Where a caller stands after a call. */
export interface Standing {
  /** Whether the call was one too many. */
  readonly isExceeded: boolean;
  readonly limit: number;
  /** Calls left in this window, as far as this process knows. */
  readonly remaining: number;
  /** Whole seconds until the next window, at least 1. */
  readonly resetSeconds: number;
}

interface Window {
  endsAtMs: number;
  /** Counted by all, as the counter said it last. */
  known: number;
  /** Counted here and being told. */
  telling: number;
  /** Counted here and not told. */
  untold: number;
  /** Ends when the counter has answered, or could not. */
  report: Promise<void> | null;
}

/** So many windows are kept before those that are over are looked for. */
const sweepAt = 10_000;

/** The most that a process may keep to itself. */
function shareOf(limit: number): number {
  return Math.max(1, Math.floor(limit / 20));
}

export class RateLimit {
  readonly #counter: SharedCounter;
  readonly #clock: Clock;
  readonly #prefix: string;
  readonly #windows = new Map<string, Window>();
  #sweepAt = sweepAt;

  /** @param prefix tells its callers from those of other limits in the shared counter */
  constructor(ports: { counter: SharedCounter; clock: Clock }, prefix: string) {
    this.#counter = ports.counter;
    this.#clock = ports.clock;
    this.#prefix = prefix;
  }

  /** Counts a call of `id`, mostly at once; one that is too many is not counted. */
  take(id: string, limit: number): Standing | Promise<Standing> {
    const now = this.#clock.monotonicMs();
    const window = this.#windowOf(id, now);
    if (window.report !== null && window.telling + window.untold >= shareOf(limit)) {
      return window.report.then(() => this.take(id, limit));
    }
    return this.#count(id, window, limit, now);
  }

  #count(id: string, window: Window, limit: number, now: number): Standing {
    const used = window.known + window.telling + window.untold;
    const isExceeded = used >= limit;
    if (!isExceeded) {
      window.untold += 1;
      if (window.report === null && window.untold * 2 >= shareOf(limit)) {
        window.report = this.#tell(id, window);
      }
    }
    return {
      isExceeded,
      limit,
      remaining: isExceeded ? 0 : limit - used - 1,
      resetSeconds: Math.max(1, Math.ceil((window.endsAtMs - now) / 1_000)),
    };
  }

  #windowOf(id: string, now: number): Window {
    const found = this.#windows.get(id);
    if (found !== undefined && now < found.endsAtMs) return found;
    if (this.#windows.size >= this.#sweepAt) this.#sweep(now);
    const endsAtMs = now + rateWindowSeconds * 1_000;
    const window = { endsAtMs, known: 0, telling: 0, untold: 0, report: null };
    this.#windows.set(id, window);
    return window;
  }

  async #tell(id: string, window: Window): Promise<void> {
    window.telling = window.untold;
    window.untold = 0;
    try {
      const { total, endsInMs } = await this.#counter.add(this.#prefix + id, window.telling);
      window.known = total;
      window.endsAtMs = this.#clock.monotonicMs() + endsInMs;
    } catch {
      // What cannot be told counts here at least; a call says itself that the database is away.
      window.known += window.telling;
    } finally {
      window.telling = 0;
      window.report = null;
    }
  }

  /** Forgets what is over, and lets what is left grow twofold before it looks again. */
  #sweep(now: number): void {
    for (const [id, { endsAtMs }] of this.#windows) {
      if (endsAtMs <= now) this.#windows.delete(id);
    }
    this.#sweepAt = Math.max(sweepAt, this.#windows.size * 2);
  }
}
