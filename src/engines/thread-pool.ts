/**
 * A few worker threads that each do one task at a time. A task is stopped by a flag in shared memory,
 * which its thread looks at; the thread itself lives on. One that does not stop in time is ended. A thread
 * that dies takes its task with it and is replaced.
 *
 * A task may bring help: tasks that go on beside it on threads that have nothing else to do, and that stop
 * as soon as another task waits for a thread, or their own ends.
 */
import { type Clock, systemClock } from "../base/clock.ts";
import type { Lifecycle } from "../base/lifecycle.ts";
import type { Log } from "../base/log.ts";
import { type Assignment, isRaised, raise, Thread, ThreadError } from "./thread.ts";

/** Help for a task. */
export interface Help<Task, Result> {
  /** The task for helper `number`, which no other has had. It may end at any time, and be stopped. */
  readonly task: (number: number) => Task;
  /** Whether a helper that ended so has left nothing to do for another. */
  readonly isOver: (result: Result) => boolean;
  /** Called when a helper has failed or died. */
  readonly onLost: (number: number) => void;
}

/** A task's open offer to be helped. */
interface Offer<Task, Result> {
  readonly help: Help<Task, Result>;
  /** How to stop each helper at work. */
  readonly stops: Set<() => void>;
  /** Settled when the helpers are. */
  readonly ends: Promise<unknown>[];
  next: number;
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
  readonly #offers = new Set<Offer<Task, Result>>();
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
   * Does `task` on the next free thread, and as much of its `help` as there is room for; when it settles,
   * no helper is at work any more.
   *
   * @returns its result, or null when `signal` aborted before a thread was free
   * @throws ThreadError when the task fails or its thread dies
   */
  async run(
    task: Task,
    signal: AbortSignal,
    onNews: (news: News) => void,
    help: Help<Task, Result> | null = null,
  ): Promise<Result | null> {
    if (help === null) return await this.#run(task, signal, onNews, () => undefined);
    const offer: Offer<Task, Result> = { help, stops: new Set(), ends: [], next: 1 };
    const close = () => {
      this.#offers.delete(offer);
      for (const stop of offer.stops) stop();
    };
    this.#offers.add(offer);
    try {
      return await this.#run(task, signal, onNews, close);
    } finally {
      close();
      await Promise.all(offer.ends);
    }
  }

  /** @param onSettled called at once when the task has settled, before its thread takes another */
  #run(
    task: Task,
    signal: AbortSignal,
    onNews: (news: News) => void,
    onSettled: () => void,
  ): Promise<Result | null> {
    if (this.#isStopped) return Promise.reject(new ThreadError("stopping"));
    if (signal.aborted) return Promise.resolve(null);
    const { promise, resolve, reject } = Promise.withResolvers<Result | null>();
    const assignment: Assignment<Task, News, Result> = {
      task,
      flag: new SharedArrayBuffer(4),
      onNews,
      resolve: (result) => {
        onSettled();
        resolve(result);
      },
      reject: (error) => {
        onSettled();
        reject(error);
      },
    };
    const onAbort = () => {
      raise(assignment.flag);
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
      if (next !== undefined) thread.assign(next);
      else this.#helpWith(thread);
    }
    // Who waits goes before who helps.
    const helpers = [...this.#offers].flatMap(({ stops }) => [...stops]);
    for (const stop of helpers.slice(0, this.#waiting.length)) stop();
  }

  /** Lets a free thread help where the fewest do. */
  #helpWith(thread: Thread<Task, News, Result>): void {
    const [offer] = [...this.#offers].sort((a, b) => a.stops.size - b.stops.size);
    if (offer === undefined) return;
    const number = offer.next++;
    const ended = Promise.withResolvers<void>();
    const flag = new SharedArrayBuffer(4);
    // Settled at once and not a moment later, since the thread is then free for the next.
    const end = (isOver: boolean) => {
      offer.stops.delete(stop);
      if (isOver) this.#offers.delete(offer);
      ended.resolve();
    };
    const assignment: Assignment<Task, News, Result> = {
      task: offer.help.task(number),
      flag,
      onNews: () => undefined,
      resolve: (result) => end(offer.help.isOver(result)),
      reject: (error) => {
        if (!this.#isStopped) this.#options.log?.error({ err: error }, "a helper failed");
        offer.help.onLost(number);
        end(true);
      },
    };
    const stop = () => {
      if (isRaised(flag)) return;
      raise(flag);
      void this.#endUnlessStopped(assignment, ended.promise);
    };
    offer.stops.add(stop);
    offer.ends.push(ended.promise);
    thread.assign(assignment);
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
