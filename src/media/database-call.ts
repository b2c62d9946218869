/**
 * Calls of the database that end. A client gives up soon when no server answers, but waits for ever on
 * one that has taken the call and is then silent (stopped, cut off, without a majority), and the driver
 * has no setting for it (7.9.0: `timeoutMS` does nothing).
 */
import { MongoError, MongoNetworkError, MongoServerSelectionError } from "mongodb";
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

/**
 * Also a step-down, and the errors of the operating system that the driver lets through bare or inside
 * of a bulk write's error: their code is a word (`ECONNRESET`), the server's are numbers.
 */
function isConnectionLoss(error: unknown): boolean {
  if (error instanceof MongoNetworkError || error instanceof MongoServerSelectionError) return true;
  if (typeof (error as { code?: unknown }).code === "string") return true;
  if (!(error instanceof MongoError)) return false;
  return error.hasErrorLabel("RetryableWriteError") || error.hasErrorLabel("RetryableReadError");
}
