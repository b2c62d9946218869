/**
 * What the listener asks of every connection, whatever it speaks. A conversation keeps its own
 * deadlines and is asked to look at them; it sets no timers, so ten thousand of them cost one.
 */
import type { EventEmitter } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Log } from "../../base/log.ts";
import type { ListenerLimits } from "./limits.ts";
import type { EncodeProtocolError } from "./protocol-error.ts";

export interface Conversation {
  /** Ends what is overdue at `nowMs` of the listener's time. */
  enforce(nowMs: number): void;
  /** Takes no more requests, and ends when those that run have been answered. Idempotent. */
  drain(): void;
  /** Ends at once. */
  destroy(): void;
}

/** Serves one request; on HTTP/2 the arguments are Node's compatible ones. */
export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => void;

/** What all conversations of a listener share. */
export interface ConversationContext {
  readonly limits: ListenerLimits;
  /** The listener's time (`patience.ts`), in milliseconds. */
  readonly nowMs: () => number;
  readonly log: Log;
  readonly encodeProtocolError: EncodeProtocolError;
  readonly handle: RequestHandler;
}

/** Keeps an `error` event of `emitter` from ending the process; its `close` tells all we need. */
export function tolerate(emitter: EventEmitter, log: Log, what: string): void {
  emitter.on("error", (error: unknown) => log.debug({ err: error }, what));
}
