/**
 * How long a request may take: until its client leaves, or until the deadline that the client set with
 * `X-Request-Timeout`, in seconds. One signal for both; what it aborts with is the error to answer.
 */
import type { FastifyReply } from "fastify";
import type { Clock } from "../base/clock.ts";
import { GatewayError } from "./fault.ts";
import type { Faults } from "./faults.ts";

export const timeoutHeader = "X-Request-Timeout";
const timeoutKey = timeoutHeader.toLowerCase();

/** Up to 999,999.999 seconds. */
const timeoutText = /^\d{1,6}(?:\.\d{1,3})?$/;

/** Of one request, from the moment that its headers are there. */
export class Lifetime {
  readonly #ends = new AbortController();
  readonly #clock: Clock;
  /** By the clock's monotonic time; null without a deadline. */
  readonly #endsAtMs: number | null = null;
  #left = false;

  /** Of the request that `reply` answers. */
  constructor(reply: FastifyReply, header: Headers, clock: Clock) {
    this.#clock = clock;
    watchClient(reply, () => {
      this.#left = true;
      this.#ends.abort(new Error("the client went away"));
    });
    const seconds = secondsOf(header.get(timeoutKey));
    if (seconds === null) return;
    this.#endsAtMs = clock.monotonicMs() + seconds * 1000;
    void this.#expire(seconds, reply);
  }

  /** Aborts when the client leaves or the deadline passes. */
  get signal(): AbortSignal {
    return this.#ends.signal;
  }

  /** Whether nobody is left to be answered. */
  get left(): boolean {
    return this.#left;
  }

  /** What is left until the deadline, in milliseconds; undefined without one. */
  remainingMs(): number | undefined {
    return this.#endsAtMs === null ? undefined : this.#endsAtMs - this.#clock.monotonicMs();
  }

  /**
   * What `work` resolves to, but no longer than this lifetime, whatever `work` does.
   * @throws GatewayError deadline_exceeded
   */
  bound<T>(work: Promise<T>): Promise<T> {
    return boundBy(this.signal, work);
  }

  /** As `bound`, but what has no deadline may go on after the client has left. */
  inTime<T>(work: Promise<T>): Promise<T> {
    return this.#endsAtMs === null ? work : boundBy(this.signal, work);
  }

  /** Ends the work of a request that has all it asked for. */
  end(): void {
    this.#ends.abort(new Error("the request has all it asked for"));
  }

  async #expire(seconds: number, reply: FastifyReply): Promise<void> {
    const answered = new AbortController();
    reply.raw.once("close", () => answered.abort());
    await this.#clock.sleep(seconds * 1000, answered.signal);
    if (answered.signal.aborted) return;
    const message = `The answer was not ready within the ${seconds} s of ${timeoutHeader}`;
    this.#ends.abort(new GatewayError("deadline_exceeded", message));
  }
}

/** Adds a fault when the header is there and cannot be read. */
export function checkTimeout(header: Headers, faults: Faults): void {
  const text = header.get(timeoutKey);
  if (text === null || secondsOf(text) !== null) return;
  const problem = "must be a number of seconds above 0, such as 2.5";
  faults.addUnreadable(timeoutHeader, "invalid_format", problem);
}

/** Null when there is none, or it cannot be read. */
function secondsOf(text: string | null): number | null {
  if (text === null || !timeoutText.test(text.trim())) return null;
  const seconds = Number(text);
  return seconds > 0 ? seconds : null;
}

/** Calls `left` when the client leaves before the answer is complete; it may have left already. */
function watchClient(reply: FastifyReply, left: () => void): void {
  const { raw } = reply;
  // A closed HTTP/2 response calls itself finished, whoever closed it, but ended only if we ended it.
  raw.once("close", () => {
    if (!raw.writableEnded) left();
  });
  // Nor does it have a socket any more.
  // On HTTP/1.1 a pipelined answer has no socket until its turn has come, but its request does.
  const sent = reply.request.raw;
  const socket = sent.httpVersionMajor === 1 ? sent.socket : raw.socket;
  if (raw.destroyed || socket?.destroyed !== false) left();
}

function boundBy<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  if (signal.aborted) {
    work.catch(() => undefined);
    return Promise.reject(signal.reason);
  }
  return new Promise((resolve, reject) => {
    const late = () => reject(signal.reason);
    signal.addEventListener("abort", late, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", late));
  });
}
