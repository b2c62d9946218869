/**
 * Calls of the database that end. A client gives up soon when no server answers, but waits for ever on
 * one that has taken the call and is then silent (stopped, cut off, without a majority), and the driver
 * has no setting for it (7.9.0: `timeoutMS` does nothing).
 */
import {
  MongoBulkWriteError,
  MongoError,
  MongoNetworkError,
  MongoServerSelectionError,
} from "mongodb";
import type { Clock } from "../base/clock.ts";
import { TimeUp, withTimeLimit } from "../base/time-limit.ts";
import { ServiceError } from "../generations/failures.ts";

export class DatabaseCalls {
  readonly #clock: Clock;
  readonly #limitMs: number;

  /** @param limitMs the longest a call takes, in milliseconds */
  constructor(clock: Clock, limitMs: number) {
    this.#clock = clock;
    this.#limitMs = limitMs;
  }

  /**
   * What `call` resolves to. Its signal aborts when the time is up; a write that does not heed it may
   * still take place afterwards.
   * @throws ServiceError SERVICE_UNAVAILABLE when the time is up or the connection is lost
   */
  async run<T>(call: (signal: AbortSignal) => Promise<T>): Promise<T> {
    try {
      return await withTimeLimit(this.#clock, "the database", this.#limitMs, call);
    } catch (error) {
      if (!(error instanceof TimeUp) && !isConnectionLoss(error)) throw error;
      throw new ServiceError("service_unavailable", { cause: error });
    }
  }
}

/** The codes of a server that steps down or shuts down, and of a write without a majority in time. */
const goingAway = [6, 7, 64, 89, 91, 134, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436];

/**
 * Also a step-down, and the errors of the operating system that the driver lets through bare or inside
 * of a bulk write's error: their code is a word (`ECONNRESET`), the server's are numbers. Of other errors
 * that a bulk write meets on its way the driver keeps the message alone, without a code (7.9.0).
 */
function isConnectionLoss(error: unknown): boolean {
  if (error instanceof MongoNetworkError || error instanceof MongoServerSelectionError) return true;
  const { code } = error as { code?: unknown };
  if (typeof code === "string") return true;
  if (error instanceof MongoBulkWriteError && code === undefined) return true;
  if (!(error instanceof MongoError)) return false;
  if (goingAway.includes(Number(code))) return true;
  return error.hasErrorLabel("RetryableWriteError") || error.hasErrorLabel("RetryableReadError");
}
