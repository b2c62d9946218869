/**
 * The counter behind the rate limits, by `rate-limiter-flexible`: its windows are documents that the server
 * removes when they are over, and its way through the race of two processes that begin one is proven.
 *
 * The count of a window is worth little a minute later, so it is written without waiting for a majority or the
 * journal: what a crash of the primary takes is calls that are not counted. Whether a window is over says the
 * clock of the process that counts, so processes whose clocks differ by a second end it a second apart.
 */
import { RateLimiterMongo } from "rate-limiter-flexible";
import type { Clock } from "../base/clock.ts";
import { withTimeLimit } from "../base/time-limit.ts";
import { rateWindowSeconds, type SharedCounter } from "../generations/limits.ts";
import { type Database, rateCountersName } from "./database.ts";

/**
 * @param callLimitMs the longest that one count may take, in milliseconds
 * @param windowSeconds the length of a window
 */
export function createRateCounter(
  { db }: Database,
  clock: Clock,
  callLimitMs: number,
  windowSeconds = rateWindowSeconds,
): SharedCounter {
  const counters = db.collection(rateCountersName, { writeConcern: { w: 1, journal: false } });
  const limiter = new RateLimiterMongo({
    storeClient: { collection: () => counters },
    tableName: rateCountersName,
    keyPrefix: "",
    // What is too many says the limit of each caller, not this.
    points: Number.MAX_SAFE_INTEGER,
    duration: windowSeconds,
    // They are made with all others; see `database.ts`.
    disableIndexesCreation: true,
  });
  return {
    async add(name, calls) {
      const count = () => limiter.penalty(name, calls);
      const { consumedPoints, msBeforeNext } = await withTimeLimit(
        clock,
        "the database",
        callLimitMs,
        count,
      );
      return { total: consumedPoints, endsInMs: msBeforeNext };
    },
  };
}
