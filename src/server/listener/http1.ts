/**
 * An HTTP/1.1 connection (RFC 9112): requests, one after the other or pipelined, each with a deadline
 * for its headers and one for its body; idle time in between; an end that says so.
 *
 * Node's parser reads the socket below JavaScript, so there is no event for half a header. But the
 * socket counts its bytes: bytes that came while no request was under way are a header that has begun.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { type Conversation, type ConversationContext, tolerate } from "./conversation.ts";
import { formatHttp1Answer, type ProtocolErrorKind, protocolErrorOf } from "./protocol-error.ts";

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** When its handler was called. */
  startedMs: number;
  answered: boolean;
}

export class Http1Conversation implements Conversation {
  readonly #socket: Socket;
  readonly #context: ConversationContext;
  /** Called and not over: unanswered, or answered before all of their body came. In order. */
  readonly #running = new Set<Exchange>();
  /** Read, but not called yet because enough others run. In order. */
  readonly #waiting: Exchange[] = [];
  /** When the last exchange was over, and how many bytes had been read by then. */
  #quietSinceMs: number;
  #quietBytes = 0;
  #headersSinceMs: number | null = null;
  #holding: NodeJS.Immediate | null = null;
  /** The client has closed its side: it left, or only has no more to say. */
  #halfClosed = false;
  #draining = false;
  /** What is to be said after the answers that are still owed; from then on nothing is listened to. */
  #lastWords: string | null = null;
  /** Set once they are said: when the socket is destroyed, whether or not they were heard. */
  #destroyAtMs: number | null = null;

  constructor(socket: Socket, context: ConversationContext) {
    this.#socket = socket;
    this.#context = context;
    this.#quietSinceMs = context.nowMs();
    this.#headersSinceMs = this.#quietSinceMs;
    tolerate(socket, context.log, "an HTTP/1.1 connection failed");
    socket.once("close", () => this.#waiting.splice(0));
    socket.once("end", () => {
      this.#halfClosed = true;
      this.#endStreams();
    });
  }

  /** A request's headers are complete. */
  onRequest(request: IncomingMessage, response: ServerResponse): void {
    this.#headersSinceMs = null;
    if (this.#lastWords !== null) return;
    // RFC 9112, section 3.2: an HTTP/1.1 request without Host is answered 400.
    if (request.headers.host === undefined && request.httpVersion === "1.1") {
      this.#refuse("bad_request");
      return;
    }
    if (this.#draining) response.setHeader("Connection", "close");
    const exchange = { request, response, startedMs: 0, answered: false };
    this.#waiting.push(exchange);
    this.#startWaiting();
    this.#holdBack();
  }

  /** The parser gave up, or the connection broke. */
  onClientError(error: NodeJS.ErrnoException): void {
    if (this.#lastWords !== null) return;
    const kind = protocolErrorOf(error);
    this.#context.log.debug({ err: error }, "an HTTP/1.1 connection was not understood");
    if (kind === null) this.destroy();
    else this.#refuse(kind);
  }

  enforce(nowMs: number): void {
    if (this.#destroyAtMs !== null) {
      if (nowMs >= this.#destroyAtMs) this.destroy();
      return;
    }
    this.#enforceBodies(nowMs);
    if (this.#halfClosed) this.#endStreams();
    if (this.#running.size === 0 && this.#waiting.length === 0) this.#enforceQuiet(nowMs);
  }

  drain(): void {
    if (this.#draining) return;
    this.#draining = true;
    const last = this.#waiting.at(-1) ?? [...this.#running].at(-1);
    if (last === undefined) this.#end();
    else if (!last.response.headersSent) last.response.setHeader("Connection", "close");
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /**
   * Reads no more while requests wait. Not at once: after each message Node resumes the socket, and says
   * so a tick later, which would undo it.
   */
  #holdBack(): void {
    if (this.#waiting.length === 0 || this.#holding !== null) return;
    this.#holding = setImmediate(() => {
      this.#holding = null;
      if (this.#waiting.length > 0) this.#socket.pause();
    });
  }

  #startWaiting(): void {
    while (this.#running.size < this.#context.limits.maxConcurrentRequests) {
      const exchange = this.#waiting.shift();
      if (exchange === undefined) return;
      exchange.startedMs = this.#context.nowMs();
      this.#running.add(exchange);
      exchange.response.once("close", () => this.#onAnswered(exchange));
      this.#context.handle(exchange.request, exchange.response);
    }
  }

  #onAnswered(exchange: Exchange): void {
    exchange.answered = true;
    // Node discards what is left of a body that nobody read; until then its deadline holds.
    if (exchange.request.complete) this.#over(exchange);
  }

  #over(exchange: Exchange): void {
    this.#running.delete(exchange);
    const paused = this.#waiting.length > 0;
    this.#startWaiting();
    if (paused && this.#waiting.length === 0) this.#socket.resume();
    if (this.#running.size > 0) return;
    this.#quietSinceMs = this.#context.nowMs();
    this.#quietBytes = this.#socket.bytesRead;
    if (this.#draining || this.#lastWords !== null) this.#end();
  }

  /**
   * Whoever has closed its side gets the answers that are owed (RFC 9112, section 9.6), but for streams
   * without an end: nothing would tell whether anyone still reads them.
   */
  #endStreams(): void {
    for (const { response } of this.#running) {
      const isStream = response.headersSent && response.chunkedEncoding;
      if (isStream && !response.writableEnded) this.destroy();
    }
  }

  #enforceBodies(nowMs: number): void {
    for (const exchange of this.#running) {
      if (exchange.request.complete) {
        if (exchange.answered) this.#over(exchange);
      } else if (nowMs - exchange.startedMs >= this.#context.limits.bodyMs) {
        this.#giveUpOn(exchange);
        return;
      }
    }
  }

  #enforceQuiet(nowMs: number): void {
    const { idleMs, headersMs } = this.#context.limits;
    if (this.#socket.bytesRead === this.#quietBytes) {
      if (nowMs - this.#quietSinceMs >= idleMs) this.#end();
      return;
    }
    this.#headersSinceMs ??= nowMs;
    if (nowMs - this.#headersSinceMs >= headersMs) this.#refuse("request_timeout");
  }

  /** Answers 408 for a body that did not come, unless another answer is owed or this one has begun. */
  #giveUpOn(exchange: Exchange): void {
    const alone = this.#running.size === 1 && this.#waiting.length === 0;
    if (!alone || exchange.response.headersSent) this.destroy();
    else this.#end(this.#answerOf("request_timeout"));
  }

  /** Answers with an error, after the answers that are owed, and ends. */
  #refuse(kind: ProtocolErrorKind): void {
    const exchanges = [...this.#running, ...this.#waiting];
    const broken = exchanges.find(({ request }) => !request.complete);
    if (broken !== undefined) {
      // What cannot be understood is the body of a request, which its handler will never have.
      if (exchanges.length > 1 || broken.response.headersSent) this.destroy();
      else this.#end(this.#answerOf(kind));
      return;
    }
    this.#lastWords = this.#answerOf(kind);
    if (exchanges.length === 0) this.#end();
  }

  #answerOf(kind: ProtocolErrorKind): string {
    return formatHttp1Answer(this.#context.encodeProtocolError(kind));
  }

  /**
   * Says the last words and closes our side. The other side is read on for a while: closing with
   * unread bytes resets the connection, and the client would never see the answer (RFC 9112, 9.6).
   */
  #end(text = this.#lastWords ?? ""): void {
    this.#lastWords = text;
    this.#destroyAtMs = this.#context.nowMs() + this.#context.limits.lingerMs;
    if (!this.#socket.writableEnded) this.#socket.end(text);
  }
}
