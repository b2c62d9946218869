/** The pool's promises: one task a thread, stopping by flag, replacement of the dead. */
import { afterEach, describe, expect, it } from "vitest";
import { ThreadError } from "../../src/engines/thread.ts";
import { ThreadPool } from "../../src/engines/thread-pool.ts";

const fixture = new URL("fixture-thread.ts", import.meta.url);
type Pool = ThreadPool<string, string, number>;
let pool: Pool;

async function started(threads: number, entry = fixture): Promise<Pool> {
  pool = new ThreadPool({ entry, threads });
  await pool.start();
  return pool;
}
afterEach(() => pool.stop());

const never = new AbortController().signal;
const noNews = () => undefined;

/** A task that has begun, and lasts until it is stopped. */
async function occupying(on: Pool) {
  const abort = new AbortController();
  const begun = Promise.withResolvers<string>();
  const result = on.run("until stopped", abort.signal, begun.resolve);
  await begun.promise;
  return { result, stop: () => abort.abort() };
}

describe("a pool of one thread", () => {
  it("does tasks one after the other on the same thread", async () => {
    const one = await started(1);
    const results = await Promise.all([1, 2, 3].map(() => one.run("echo", never, noNews)));
    expect(new Set(results).size).toBe(1);
  });

  it("keeps its thread when a task is stopped or fails", async () => {
    const one = await started(1);
    const before = await one.run("echo", never, noNews);
    const task = await occupying(one);
    task.stop();
    expect(await task.result).toBe(before);
    await expect(one.run("throw", never, noNews)).rejects.toThrow("as told");
    expect(await one.run("echo", never, noNews)).toBe(before);
  });

  it("replaces a thread that dies, and only its task fails", async () => {
    const one = await started(1);
    const before = await one.run("echo", never, noNews);
    const dying = one.run("die", never, noNews);
    const next = one.run("echo", never, noNews);
    await expect(dying).rejects.toThrow(ThreadError);
    expect(await next).not.toBe(before);
  });

  it("lets go of a task that is aborted while it waits, or before", async () => {
    const one = await started(1);
    const busy = await occupying(one);
    const abort = new AbortController();
    const waiting = one.run("echo", abort.signal, noNews);
    abort.abort();
    expect(await waiting).toBeNull();
    expect(await one.run("echo", abort.signal, noNews)).toBeNull();
    busy.stop();
    await busy.result;
  });

  it("rejects what runs and what waits when it stops, and all that comes later", async () => {
    const one = await started(1);
    const busy = await occupying(one);
    const waiting = one.run("echo", never, noNews);
    const both = Promise.allSettled([busy.result, waiting]);
    await one.stop();
    expect((await both).map((outcome) => outcome.status)).toEqual(["rejected", "rejected"]);
    await expect(one.run("echo", never, noNews)).rejects.toThrow(ThreadError);
    await one.stop();
  });
});

it("ends the thread of a task that does not stop in time, and goes on with another", async () => {
  pool = new ThreadPool({ entry: fixture, threads: 1, stopWithinMs: 20 });
  await pool.start();
  const before = await pool.run("echo", never, noNews);
  const abort = new AbortController();
  const begun = Promise.withResolvers<string>();
  const hung = pool.run("hang", abort.signal, begun.resolve);
  await begun.promise;
  abort.abort();
  await expect(hung).rejects.toThrow(ThreadError);
  expect(await pool.run("echo", never, noNews)).not.toBe(before);
});

it("runs as many tasks at a time as it has threads", async () => {
  const two = await started(2);
  const first = await occupying(two);
  const second = await occupying(two);
  first.stop();
  second.stop();
  expect(await first.result).not.toBe(await second.result);
});

it("does not start when its module cannot", async () => {
  await expect(started(1, new URL("no-such-module.ts", import.meta.url))).rejects.toThrow(
    ThreadError,
  );
  await expect(pool.run("echo", never, noNews)).rejects.toThrow(ThreadError);
});

describe("help", () => {
  /** A task that lasts until it is stopped, and what becomes of its help. */
  async function helped(on: Pool, helper: string) {
    const abort = new AbortController();
    const begun = Promise.withResolvers<string>();
    const numbers: number[] = [];
    const called = Promise.withResolvers<void>();
    const lost = Promise.withResolvers<number>();
    const result = on.run("until stopped", abort.signal, begun.resolve, {
      task: (number) => {
        numbers.push(number);
        called.resolve();
        return helper;
      },
      isOver: () => helper === "echo",
      onLost: lost.resolve,
    });
    await begun.promise;
    return {
      result,
      numbers,
      called: called.promise,
      lost: lost.promise,
      stop: () => abort.abort(),
    };
  }

  it("comes from a thread that has nothing to do, and ends with the task", async () => {
    const two = await started(2);
    const task = await helped(two, "until stopped");
    await task.called;
    task.stop();
    await task.result;
    // Both threads are free again.
    const first = await occupying(two);
    const second = await occupying(two);
    first.stop();
    second.stop();
    expect(await first.result).not.toBe(await second.result);
    expect(task.numbers).toEqual([1]);
  });

  it("gives way to a task that waits, and comes back after it", async () => {
    const two = await started(2);
    const task = await helped(two, "until stopped");
    await task.called;
    expect(await two.run("echo", never, noNews)).not.toBeNull();
    const other = await occupying(two);
    expect(task.numbers.length).toBeGreaterThanOrEqual(1);
    other.stop();
    await other.result;
    task.stop();
    await task.result;
    expect(new Set(task.numbers).size).toBe(task.numbers.length);
    expect(task.numbers.length).toBeGreaterThan(1);
  });

  it("is not asked for again when it has found nothing to do", async () => {
    const two = await started(2);
    const task = await helped(two, "echo");
    await task.called;
    for (let i = 0; i < 5; i++) await two.run("echo", never, noNews);
    task.stop();
    await task.result;
    expect(task.numbers).toEqual([1]);
  });

  it("that dies is reported, and the task goes on", async () => {
    const two = await started(2);
    const task = await helped(two, "die");
    expect(await task.lost).toBe(1);
    task.stop();
    expect(await task.result).not.toBeNull();
    expect(task.numbers).toEqual([1]);
  });

  it("never comes where every thread has a task", async () => {
    const one = await started(1);
    const task = await helped(one, "echo");
    task.stop();
    await task.result;
    expect(task.numbers).toEqual([]);
  });
});
