/**
 * Whether this process can serve calls: all that it depends on answers, and the service is not stopping. Asked
 * again and again; whoever tells others (health services, orchestrators) hears of every change.
 */
import type { Clock } from "../base/clock.ts";
import type { Lifecycle } from "../base/lifecycle.ts";

export interface ReadinessOptions {
  /** By name; each resolves when that part works. Parts may be added while others are checked. */
  readonly checks: Readonly<Record<string, () => Promise<void>>>;
  readonly clock: Clock;
  /** Between two checks, in milliseconds. */
  readonly everyMs: number;
  /** For one check, in milliseconds. */
  readonly withinMs: number;
  /** Aborts when the service begins to stop. */
  readonly stopping: AbortSignal;
}

/** What a check found last; `unknown` before the first. */
export type Finding = "ok" | "failed" | "unknown";

export interface ReadinessReport {
  readonly ready: boolean;
  readonly checks: Readonly<Record<string, Finding>>;
}

export type ReadinessListener = (ready: boolean, report: ReadinessReport) => void;

export class Readiness implements Lifecycle {
  readonly #options: ReadinessOptions;
  readonly #listeners = new Set<ReadinessListener>();
  readonly #ended = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #ready = false;
  #findings: Record<string, Finding>;

  constructor(options: ReadinessOptions) {
    this.#options = options;
    const names = Object.keys(options.checks);
    this.#findings = Object.fromEntries(names.map((name) => [name, "unknown"]));
  }

  get ready(): boolean {
    return this.#ready;
  }

  /** What the last look found. */
  get report(): ReadinessReport {
    return { ready: this.#ready, checks: this.#findings };
  }

  /** Calls `listener` with what is so now, and at every change. */
  onChange(listener: ReadinessListener): void {
    this.#listeners.add(listener);
    listener(this.#ready, this.report);
  }

  /** Resolves after the first check. Once the service stops, nothing is asked any more. */
  async start(): Promise<void> {
    this.#options.stopping.addEventListener("abort", () => {
      this.#ended.abort();
      this.#set(false);
    });
    await this.look();
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
      await this.look();
    }
  }

  /** Checks now; what is checked may have grown since the last time. */
  async look(): Promise<void> {
    const checks = Object.entries(this.#options.checks);
    const found = await Promise.all(checks.map(([, check]) => this.#answers(check)));
    const findings = checks.map(([name], n) => [name, found[n] ? "ok" : "failed"] as const);
    this.#findings = Object.fromEntries(findings);
    this.#set(
      found.every(Boolean) && !this.#options.stopping.aborted && !this.#ended.signal.aborted,
    );
  }

  async #answers(check: () => Promise<void>): Promise<boolean> {
    const { clock, withinMs } = this.#options;
    const settled = new AbortController();
    const ends = AbortSignal.any([settled.signal, this.#ended.signal]);
    const late = clock.sleep(withinMs, ends).then(() => false);
    const answer = (async () => check())().then(
      () => true,
      () => false,
    );
    return Promise.race([answer, late]).finally(() => settled.abort());
  }

  #set(ready: boolean): void {
    if (ready === this.#ready) return;
    this.#ready = ready;
    for (const listener of this.#listeners) listener(ready, this.report);
  }
}
