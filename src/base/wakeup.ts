/**
 * Waiting for a hint or a time, whichever comes first. The hint sets a flag that stays set until the next
 * wait takes it, so one that comes between a look and the wait is not lost.
 */
import type { Clock } from "./clock.ts";

export class Wakeup {
  readonly #clock: Clock;
  #set = false;
  #waiting: AbortController | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Ends the current wait, or the next one before it begins. */
  wake(): void {
    this.#set = true;
    // With a reason: without one, an error is made for each, with its stack.
    this.#waiting?.abort("woken");
  }

  /** Resolves after `ms` milliseconds, on `wake`, or when `signal` aborts; true when it was woken. */
  async wait(ms: number, signal?: AbortSignal): Promise<boolean> {
    if (!this.#set && !signal?.aborted) {
      const waiting = new AbortController();
      const end = () => waiting.abort();
      this.#waiting = waiting;
      signal?.addEventListener("abort", end);
      await this.#clock.sleep(ms, waiting.signal);
      signal?.removeEventListener("abort", end);
      this.#waiting = null;
    }
    const woken = this.#set;
    this.#set = false;
    return woken;
  }
}
