/**
 * An HTTP/2 session (RFC 9113): a deadline for SETTINGS, for header blocks and for bodies; GOAWAY when
 * it has been idle; a PING now and then to learn whether anyone is there.
 *
 * There is no event for half a header block. But between its frames no other frame may come (section
 * 6.10), so a peer that has begun one and does not go on cannot answer a PING either. Hence the rule:
 * bytes that came while no stream was open are asked about by a PING, and no answer ends the session.
 * Beside an open stream any byte counts as life, because on a slow line a PING waits behind data.
 */
import { constants, type ServerHttp2Session, type ServerHttp2Stream } from "node:http2";
import type { Socket } from "node:net";
import { type Conversation, type ConversationContext, tolerate } from "./conversation.ts";

/**
 * The size of a header list as SETTINGS_MAX_HEADER_LIST_SIZE counts it (section 6.5.2): names, values,
 * and 32 bytes each. Node enforces that setting only once the client has acknowledged it.
 */
export function headerListSize(rawHeaders: readonly string[]): number {
  return rawHeaders.reduce((size, text) => size + text.length + 16, 0);
}

interface OpenStream {
  readonly stream: ServerHttp2Stream;
  readonly openedMs: number;
  /** Whether all of the request has come, as far as we looked. */
  complete: boolean;
}

export class Http2Conversation implements Conversation {
  readonly #session: ServerHttp2Session;
  readonly #socket: Socket;
  readonly #context: ConversationContext;
  readonly #streams = new Set<OpenStream>();
  readonly #bornMs: number;
  /** When the last stream closed. */
  #quietSinceMs: number;
  /** When the peer last proved to be there and between frames, and the bytes read by then. */
  #provenMs: number;
  #provenBytes = 0;
  #ping: { readonly sentMs: number; readonly bytes: number } | null = null;
  #settled = false;
  #draining = false;
  #destroyAtMs: number | null = null;

  constructor(session: ServerHttp2Session, socket: Socket, context: ConversationContext) {
    this.#session = session;
    this.#socket = socket;
    this.#context = context;
    this.#bornMs = context.nowMs();
    this.#quietSinceMs = this.#bornMs;
    this.#provenMs = this.#bornMs;
    tolerate(socket, context.log, "an HTTP/2 connection failed");
    tolerate(session, context.log, "an HTTP/2 session failed");
    session.once("remoteSettings", () => {
      this.#settled = true;
    });
    session.on("stream", (stream, _headers, flags) => this.#onStream(stream, flags));
  }

  enforce(nowMs: number): void {
    if (this.#destroyAtMs !== null) {
      if (nowMs >= this.#destroyAtMs) this.#socket.destroy();
      return;
    }
    if (this.#session.destroyed) {
      this.#destroyAtMs = nowMs + this.#context.limits.lingerMs;
      return;
    }
    const { headersMs, idleMs } = this.#context.limits;
    if (!this.#settled) {
      if (nowMs - this.#bornMs >= headersMs) this.#end(constants.NGHTTP2_SETTINGS_TIMEOUT);
      return;
    }
    this.#enforceBodies(nowMs);
    this.#enforceLife(nowMs);
    if (this.#streams.size === 0 && nowMs - this.#quietSinceMs >= idleMs) this.drain();
  }

  drain(): void {
    if (this.#draining) return;
    this.#draining = true;
    this.#session.close();
    this.#lingerWhenDone();
  }

  destroy(): void {
    this.#session.destroy();
    this.#socket.destroy();
  }

  #onStream(stream: ServerHttp2Stream, flags: number): void {
    const complete = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0;
    const open = { stream, openedMs: this.#context.nowMs(), complete };
    this.#streams.add(open);
    tolerate(stream, this.#context.log, "an HTTP/2 stream failed");
    stream.once("close", () => {
      this.#streams.delete(open);
      if (this.#streams.size === 0) this.#quietSinceMs = this.#context.nowMs();
      this.#lingerWhenDone();
    });
  }

  #enforceBodies(nowMs: number): void {
    for (const open of this.#streams) {
      if (open.complete || nowMs - open.openedMs < this.#context.limits.bodyMs) continue;
      open.complete = open.stream.state.remoteClose === 1;
      if (!open.complete) this.#timeOut(open.stream);
    }
  }

  /** Answers 408 where nothing was answered yet, and resets the stream. */
  #timeOut(stream: ServerHttp2Stream): void {
    if (stream.destroyed || stream.closed) return;
    if (stream.headersSent) {
      stream.close(constants.NGHTTP2_CANCEL);
      return;
    }
    const { status, headers, body } = this.#context.encodeProtocolError("request_timeout");
    stream.respond({ ":status": status, ...headers, "content-length": Buffer.byteLength(body) });
    stream.end(body);
    stream.close(constants.NGHTTP2_NO_ERROR);
  }

  #enforceLife(nowMs: number): void {
    const { headersMs, pingMs } = this.#context.limits;
    const bytes = this.#socket.bytesRead;
    const idle = this.#streams.size === 0;
    const patienceMs = idle && bytes !== this.#provenBytes ? headersMs / 2 : pingMs;
    if (this.#ping === null) {
      const sinceMs = Math.max(this.#provenMs, idle ? this.#quietSinceMs : 0);
      if (nowMs - sinceMs >= patienceMs) this.#sendPing(nowMs, bytes);
    } else if (!idle && bytes !== this.#ping.bytes) {
      this.#ping = { sentMs: nowMs, bytes };
    } else if (nowMs - this.#ping.sentMs >= patienceMs) {
      this.#end(constants.NGHTTP2_ENHANCE_YOUR_CALM);
    }
  }

  #sendPing(nowMs: number, bytes: number): void {
    this.#ping = { sentMs: nowMs, bytes };
    this.#session.ping((error) => {
      if (error !== null) return;
      this.#ping = null;
      this.#provenMs = this.#context.nowMs();
      this.#provenBytes = this.#socket.bytesRead;
    });
  }

  /** GOAWAY with `code`; the streams end, and the socket soon after. */
  #end(code: number): void {
    this.#destroyAtMs = this.#context.nowMs() + this.#context.limits.lingerMs;
    this.#session.goaway(code);
    this.#session.destroy();
  }

  #lingerWhenDone(): void {
    if (!this.#draining || this.#streams.size > 0) return;
    this.#destroyAtMs ??= this.#context.nowMs() + this.#context.limits.lingerMs;
  }
}
