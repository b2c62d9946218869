/**
 * Calls of the database that end. A client gives up soon when no server answers, but waits long, or for
 * ever, on one that has taken the call and is then silent (stopped, cut off, without a majority), and the
 * driver has no setting for it (7.9.0: `timeoutMS` does nothing).
 *
 * It is a limit of each call and not of a whole method of the store, so that a method of many calls may
 * take its time while the database answers, and makes no further call once it does not.
 */
import { AbstractCursor } from "mongodb";
import type { Clock } from "../base/clock.ts";
import { withTimeLimit } from "../base/time-limit.ts";
import type { Database } from "./database.ts";

type Method = (...args: unknown[]) => unknown;

/**
 * The same database, each of whose calls (also the reading of a cursor as an array) throws `TimeUp` when
 * it takes longer than `limitMs` milliseconds. A write may still take place afterwards.
 */
export function withCallLimit(database: Database, clock: Clock, limitMs: number): Database {
  const limited = <T extends object>(target: T): T => {
    const proxy: T = new Proxy(target, {
      get: (_, name) => {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== "function") return value;
        return (...args: unknown[]) => {
          const result = (value as Method).apply(target, args);
          if (result === target) return proxy; // `sort`, `limit`, …
          if (result instanceof AbstractCursor) return limited(result);
          if (!(result instanceof Promise)) return result;
          return withTimeLimit(clock, "the database", limitMs, () => result);
        };
      },
    });
    return proxy;
  };
  const { client, db, jobs, organizations, apiKeys, workers } = database;
  return {
    client,
    db: limited(db),
    jobs: limited(jobs),
    organizations: limited(organizations),
    apiKeys: limited(apiKeys),
    workers: limited(workers),
  };
}
