/**
 * Whether this process can serve calls: the database answers, and the service is not stopping. Asked again and
 * again; whoever tells others (health services, orchestrators) hears of every change.
 */
import type { Clock } from "../base/clock.ts";
import type { Lifecycle } from "../base/lifecycle.ts";

export interface ReadinessOptions {
  /** Resolves when what is depended on answers. */
  readonly check: () => Promise<void>;
  readonly clock: Clock;
  /** Between two checks, in milliseconds. */
  readonly everyMs: number;
  /** For one check, in milliseconds. */
  readonly withinMs: number;
  /** Aborts when the service begins to stop. */
  readonly stopping: AbortSignal;
}

export class Readiness implements Lifecycle {
  readonly #options: ReadinessOptions;
  readonly #listeners = new Set<(ready: boolean) => void>();
  readonly #ended = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #ready = false;

  constructor(options: ReadinessOptions) {
    this.#options = options;
  }

  get ready(): boolean {
    return this.#ready;
  }

  /** Calls `listener` with what is so now, and at every change. */
  onChange(listener: (ready: boolean) => void): void {
    this.#listeners.add(listener);
    listener(this.#ready);
  }

  /** Resolves after the first check. */
  async start(): Promise<void> {
    this.#options.stopping.addEventListener("abort", () => this.#set(false));
    await this.#look();
    this.#running = this.#repeat();
  }

  async stop(): Promise<void> {
    this.#ended.abort();
    this.#set(false);
    await this.#running;
  }

  async #repeat(): Promise<void> {
    const { clock, everyMs } = this.#options;
    const { signal } = this.#ended;
    for (;;) {
      await clock.sleep(everyMs, signal);
      if (signal.aborted) return;
      await this.#look();
    }
  }

  async #look(): Promise<void> {
    const answered = await this.#answers();
    this.#set(answered && !this.#options.stopping.aborted && !this.#ended.signal.aborted);
  }

  async #answers(): Promise<boolean> {
    const { check, clock, withinMs } = this.#options;
    const settled = new AbortController();
    const ends = AbortSignal.any([settled.signal, this.#ended.signal]);
    const late = clock.sleep(withinMs, ends).then(() => false);
    const answer = check().then(
      () => true,
      () => false,
    );
    return Promise.race([answer, late]).finally(() => settled.abort());
  }

  #set(ready: boolean): void {
    if (ready === this.#ready) return;
    this.#ready = ready;
    for (const listener of this.#listeners) listener(ready);
  }
}
