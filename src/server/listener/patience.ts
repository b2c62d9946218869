/**
 * The listener's time: it moves in steps, one at each look at the deadlines, and never by more than two
 * intervals. So when this process itself was held up (a long collection, a suspended machine), what
 * the peers sent meanwhile is read before anyone is called late.
 */
import type { Clock } from "../../base/clock.ts";

export class Patience {
  readonly #clock: Clock;
  readonly #everyMs: number;
  #lastMs: number;
  #nowMs = 0;

  constructor(clock: Clock, everyMs: number) {
    this.#clock = clock;
    this.#everyMs = everyMs;
    this.#lastMs = clock.monotonicMs();
  }

  /** Milliseconds since the beginning, without the hold-ups; at most one interval behind. */
  get nowMs(): number {
    return this.#nowMs;
  }

  /** Waits for one interval, or until `signal` aborts, and moves the time on. */
  async step(signal: AbortSignal): Promise<void> {
    await this.#clock.sleep(this.#everyMs, signal);
    const lastMs = this.#lastMs;
    this.#lastMs = this.#clock.monotonicMs();
    this.#nowMs += Math.min(this.#lastMs - lastMs, 2 * this.#everyMs);
  }
}
