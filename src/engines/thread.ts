/**
 * A worker thread with at most one task, and the flag in shared memory by which the task is asked to stop.
 *
 * A thread's module posts `{ kind: "ready" }` when it can work, then for each `TaskMessage` any number
 * of messages of kind `news` and in the end one of kind `done` or `failed`.
 */
import { Worker } from "node:worker_threads";

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

export interface Assignment<Task, News, Result> {
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
export class Thread<Task, News, Result> {
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

/** Asks the task with this flag to stop. */
export function raise(memory: SharedArrayBuffer): void {
  const flag = new Int32Array(memory);
  Atomics.store(flag, 0, 1);
  Atomics.notify(flag, 0); // for a task that sleeps on it
}

export function isRaised(memory: SharedArrayBuffer): boolean {
  return Atomics.load(new Int32Array(memory), 0) !== 0;
}
