/**
 * A few worker threads that each do one task at a time. A task is stopped by a flag in shared memory,
 * which its thread looks at; the thread itself lives on. One that does not stop in time is ended. A thread
 * that dies takes its task with it and is replaced.
 *
 * A thread's module posts `{ kind: "ready" }` when it can work, then for each `TaskMessage` any number
 * of messages of kind `news` and in the end one of kind `done` or `failed`.
 */
import { Worker } from "node:worker_threads";
import { type Clock, systemClock } from "../base/clock.ts";
import type { Lifecycle } from "../base/lifecycle.ts";
import type { Log } from "../base/log.ts";

export interface TaskMessage<Task> {
  readonly task: Task;
  /** An `Int32Array` of one: not 0 when the task should stop. */
  readonly flag: SharedArrayBuffer;
}

export type ThreadMessage<News, Result> =
  | { readonly kind: "ready" }
  | { readonly kind: "news"; readonly news: News }
  | { readonly kind: "done"; readonly result: Result }
  | { readonly kind: "failed"; readonly error: string };

/** The task's own code failed, or its thread died. */
export class ThreadError extends Error {
  override readonly name = "ThreadError";
}

interface Assignment<Task, News, Result> {
  readonly task: Task;
  readonly flag: SharedArrayBuffer;
  readonly onNews: (news: News) => void;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: Error) => void;
}

/**
 * A small young generation: renders make much short-lived garbage, and V8 answers it by growing that
 * space. Measured over all styles on one thread: 346 MB for the process at most, 486 without.
 */
const resourceLimits = { maxYoungGenerationSizeMb: 16 };

/** One thread with at most one task. */
class Thread<Task, News, Result> {
  readonly #worker: Worker;
  readonly ready: Promise<void>;
  #current: Assignment<Task, News, Result> | null = null;

  /** @param onFree called when a task has ended and the thread can take another */
  constructor(entry: URL, onFree: () => void, onDeath: (error: Error) => void) {
    this.#worker = new Worker(entry, { resourceLimits });
    const readiness = Promise.withResolvers<void>();
    this.ready = readiness.promise;
    this.ready.catch(() => undefined);
    let cause: unknown;
    this.#worker.on("error", (error) => {
      cause = error;
    });
    this.#worker.on("exit", (code) => {
      const error = new ThreadError(`a thread ended with code ${code}`, { cause });
      readiness.reject(error);
      this.#take()?.reject(error);
      onDeath(error);
    });
    this.#worker.on("message", (message: ThreadMessage<News, Result>) => {
      if (message.kind === "ready") readiness.resolve();
      else if (message.kind === "news") this.#current?.onNews(message.news);
      else {
        this.#settle(message);
        onFree();
      }
    });
  }

  get isFree(): boolean {
    return this.#current === null;
  }

  assign(assignment: Assignment<Task, News, Result>): void {
    this.#current = assignment;
    const message: TaskMessage<Task> = { task: assignment.task, flag: assignment.flag };
    this.#worker.postMessage(message);
  }

  has(assignment: Assignment<Task, News, Result>): boolean {
    return this.#current === assignment;
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }

  #settle(message: { kind: "done"; result: Result } | { kind: "failed"; error: string }): void {
    const assignment = this.#take();
    if (message.kind === "done") assignment?.resolve(message.result);
    else assignment?.reject(new ThreadError(message.error));
  }

  #take(): Assignment<Task, News, Result> | null {
    const assignment = this.#current;
    this.#current = null;
    return assignment;
  }
}

export interface ThreadPoolOptions {
  /** The module that each thread runs. */
  readonly entry: URL;
  readonly threads: number;
  readonly log?: Log | undefined;
  readonly clock?: Clock;
  /** How long a task may take to stop before its thread is ended, in milliseconds. Default 5,000. */
  readonly stopWithinMs?: number;
}

export class ThreadPool<Task, News, Result> implements Lifecycle {
  readonly #options: ThreadPoolOptions;
  readonly #threads = new Set<Thread<Task, News, Result>>();
  readonly #waiting: Assignment<Task, News, Result>[] = [];
  #isStopped = false;

  constructor(options: ThreadPoolOptions) {
    this.#options = options;
  }

  /** Starts the threads; resolves when all are ready. @throws ThreadError when one cannot start */
  async start(): Promise<void> {
    while (this.#threads.size < this.#options.threads) this.#spawn();
    await Promise.all([...this.#threads].map((thread) => thread.ready));
  }

  /** Ends the threads at once; what they were doing rejects. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const { reject } of this.#waiting.splice(0)) reject(new ThreadError("stopping"));
    await Promise.all([...this.#threads].map((thread) => thread.end()));
  }

  /**
   * Does `task` on the next free thread.
   *
   * @returns its result, or null when `signal` aborted before a thread was free
   * @throws ThreadError when the task fails or its thread dies
   */
  run(task: Task, signal: AbortSignal, onNews: (news: News) => void): Promise<Result | null> {
    if (this.#isStopped) return Promise.reject(new ThreadError("stopping"));
    if (signal.aborted) return Promise.resolve(null);
    const { promise, resolve, reject } = Promise.withResolvers<Result | null>();
    const assignment = { task, flag: new SharedArrayBuffer(4), onNews, resolve, reject };
    const onAbort = () => {
      const flag = new Int32Array(assignment.flag);
      Atomics.store(flag, 0, 1);
      Atomics.notify(flag, 0); // for a task that sleeps on it
      const at = this.#waiting.indexOf(assignment);
      if (at < 0) {
        void this.#endUnlessStopped(assignment, promise);
        return;
      }
      this.#waiting.splice(at, 1);
      resolve(null);
    };
    signal.addEventListener("abort", onAbort, { once: true });
    this.#waiting.push(assignment);
    this.#dispatch();
    return promise.finally(() => signal.removeEventListener("abort", onAbort));
  }

  /** A hung task would hold its thread, and whoever waits for it, for ever. */
  async #endUnlessStopped(
    assignment: Assignment<Task, News, Result>,
    settled: Promise<unknown>,
  ): Promise<void> {
    const { clock = systemClock, stopWithinMs = 5_000, log } = this.#options;
    const stopped = new AbortController();
    settled.then(
      () => stopped.abort(),
      () => stopped.abort(),
    );
    await clock.sleep(stopWithinMs, stopped.signal);
    if (stopped.signal.aborted) return;
    log?.error({ stopWithinMs }, "a task did not stop; its thread is ended");
    const thread = [...this.#threads].find((each) => each.has(assignment));
    await thread?.end();
  }

  #dispatch(): void {
    while (this.#threads.size < this.#options.threads) this.#spawn();
    for (const thread of this.#threads) {
      if (!thread.isFree) continue;
      const next = this.#waiting.shift();
      if (next === undefined) return;
      thread.assign(next);
    }
  }

  #spawn(): void {
    const thread: Thread<Task, News, Result> = new Thread(
      this.#options.entry,
      () => this.#dispatch(),
      (error) => this.#buried(thread, error),
    );
    this.#threads.add(thread);
  }

  /**
   * A dead thread is replaced when it had become ready, so that a module that cannot start is not
   * started for ever; then the next task tries again.
   */
  async #buried(thread: Thread<Task, News, Result>, error: Error): Promise<void> {
    this.#threads.delete(thread);
    if (this.#isStopped) return;
    this.#options.log?.error({ err: error }, "an engine thread died");
    const wasReady = await thread.ready.then(
      () => true,
      () => false,
    );
    if (this.#isStopped) return;
    if (wasReady) this.#dispatch();
    else if (this.#threads.size === 0)
      for (const { reject } of this.#waiting.splice(0)) reject(error);
  }
}
