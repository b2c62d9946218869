/** A limit of time around a call that might never end. */
import type { Clock } from "./clock.ts";

/** The call did not end in time. What it began may still take place. */
export class TimeUp extends Error {
  constructor(who: string, limitMs: number) {
    super(`${who} did not answer within ${limitMs} ms`);
    this.name = "TimeUp";
  }
}

/** Given as a reason, since an abort without one makes an error, with its stack. */
const over = "over";

/**
 * What `call` resolves to; its signal aborts when the time is up.
 * @param who is waited for, in the words of the error
 * @param limitMs in milliseconds
 * @throws TimeUp, or what `call` throws
 */
export async function withTimeLimit<T>(
  clock: Clock,
  who: string,
  limitMs: number,
  call: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const done = new AbortController();
  const late = new AbortController();
  const timeUp = async () => {
    await clock.sleep(limitMs, done.signal);
    // Nobody waits for it then, and an error takes time to make.
    if (done.signal.aborted) return undefined as never;
    late.abort();
    throw new TimeUp(who, limitMs);
  };
  try {
    return await Promise.race([call(late.signal), timeUp()]);
  } finally {
    done.abort(over);
  }
}
