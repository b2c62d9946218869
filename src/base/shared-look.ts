/**
 * One look for all who ask the same at the same time. A look that begins after a question may answer it, one
 * that began before may not: so it waits for the end of this turn of the event loop, and whoever asks later
 * gets the next one. Nobody's answer is older than the question.
 */
import { setImmediate as nextTurn } from "node:timers/promises";

/** The same look, shared by those who ask with the same arguments in one turn. */
export function sharedLook<Args extends readonly string[], T>(
  look: (...args: Args) => Promise<T>,
): (...args: Args) => Promise<T> {
  const next = new Map<string, Promise<T>>();
  const begin = async (key: string, args: Args) => {
    await nextTurn();
    next.delete(key);
    return look(...args);
  };
  return (...args) => {
    // Not joined by a separator, which an argument might contain: it would get the answer of another.
    const key = JSON.stringify(args);
    const shared = next.get(key);
    if (shared !== undefined) return shared;
    const own = begin(key, args);
    next.set(key, own);
    return own;
  };
}
