/** Ctrl-C while something long is awaited: the first asks, a second leaves at once. */
import { exitCode } from "../base/exit-codes.ts";

/**
 * Does `work` with a signal that aborts at the first Ctrl-C. The process leaves at the second one, whatever
 * is still under way.
 */
export async function interruptible<T>(work: (asked: AbortSignal) => Promise<T>): Promise<T> {
  const asked = new AbortController();
  const onInterrupt = () => {
    if (asked.signal.aborted) process.exit(exitCode("interrupted"));
    asked.abort();
  };
  process.on("SIGINT", onInterrupt);
  try {
    return await work(asked.signal);
  } finally {
    process.off("SIGINT", onInterrupt);
  }
}
