/**
 * One TCP port for everything: HTTP/1.1 and HTTP/2 (in clear text with prior knowledge), into one handler.
 *
 * ```
 *  net.Server ─► admission ─► sniff, or TLS ─┬─► http.Server  ─┐
 *  (owns sockets)             and its ALPN   └─► http2.Server ─┴─► Fastify's handler
 * ```
 *
 * The two protocol servers never listen. They are given sockets, and then enforce none of their own
 * time-outs (an `http.Server` checks its connections only while it listens), and closing Fastify would
 * wait for ever on an open HTTP/2 session. So the listener owns every socket: each is a `Conversation`
 * with deadlines, which one loop looks at, and `close` ends them all within a bound.
 */
import type http from "node:http";
import type http2 from "node:http2";
import net, { type AddressInfo, type Socket } from "node:net";
import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import { listenOn } from "../listen.ts";
import type { Certificate } from "../tls.ts";
import { Admission } from "./admission.ts";
import {
  type Conversation,
  type ConversationContext,
  type RequestHandler,
  tolerate,
} from "./conversation.ts";
import { Handshakes } from "./handshake.ts";
import { Http1Conversation } from "./http1.ts";
import { Http2Conversation } from "./http2.ts";
import { checkIntervalMs, defaultListenerLimits, type ListenerLimits } from "./limits.ts";
import { Patience } from "./patience.ts";
import type { EncodeProtocolError } from "./protocol-error.ts";
import { createHttp1Server, createHttp2Server } from "./servers.ts";
import { type Protocol, Sniffing } from "./sniff.ts";

export interface ListenerOptions {
  /** Instead of `defaultListenerLimits`, one by one. */
  readonly limits?: Partial<ListenerLimits>;
  readonly clock: Clock;
  readonly log: Log;
  readonly encodeProtocolError: EncodeProtocolError;
  /** Clear text when absent. */
  readonly certificate?: Certificate | null;
}

export interface Listener {
  /** Fastify's option of that name; for one app. Do not `app.listen`: the listener does. */
  readonly serverFactory: (handler: RequestHandler) => http.Server;
  /** Aborted when `close` begins, so that endless answers can end themselves in time. */
  readonly closing: AbortSignal;
  /** Connections that are open now. */
  readonly connectionCount: number;
  /**
   * Resolves with the address once connections are accepted; rejects when the port is not free. Await
   * `app.ready()` first: Fastify cannot serve before.
   */
  listen(at: { readonly host: string; readonly port: number }): Promise<AddressInfo>;
  /**
   * Accepts no more, says so on every connection, waits up to `graceMs` for what runs, then destroys
   * the rest. Resolves when no connection is left. Idempotent. Close the app after it, not before:
   * a closing Fastify answers 503.
   */
  close(graceMs: number): Promise<void>;
}

/** A listener that serves nothing until an app has taken its `serverFactory`. */
export function createListener(options: ListenerOptions): Listener {
  return new OnePort(options);
}

class OnePort implements Listener {
  readonly #limits: ListenerLimits;
  readonly #context: ConversationContext;
  readonly #clock: Clock;
  readonly #patience: Patience;
  readonly #admission: Admission;
  readonly #conversations = new Map<Socket, Conversation>();
  readonly #closing = new AbortController();
  readonly #closed = new AbortController();
  readonly #port: net.Server;
  readonly #http1: http.Server;
  readonly #http2: http2.Http2Server;
  readonly #handshakes: Handshakes | null;
  #handle: RequestHandler | null = null;
  #close: Promise<void> | null = null;

  constructor(options: ListenerOptions) {
    this.#limits = { ...defaultListenerLimits, ...options.limits };
    this.#context = {
      limits: this.#limits,
      log: options.log,
      encodeProtocolError: options.encodeProtocolError,
      nowMs: () => this.#patience.nowMs,
      handle: (request, response) => this.#serve(request, response),
    };
    this.#clock = options.clock;
    this.#patience = new Patience(options.clock, checkIntervalMs(this.#limits));
    this.#admission = new Admission(this.#limits);
    this.#http1 = createHttp1Server(this.#context, (socket) => this.#http1Of(socket));
    this.#http2 = createHttp2Server(this.#context);
    this.#handshakes = options.certificate
      ? new Handshakes(options.certificate, options.log)
      : null;
    this.#port = net.createServer(
      {
        allowHalfOpen: true,
        noDelay: true,
        keepAlive: true,
        keepAliveInitialDelay: this.#limits.tcpKeepAliveMs,
      },
      (socket) => this.#accept(socket),
    );
  }

  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  get connectionCount(): number {
    return this.#admission.total;
  }

  /**
   * Fastify gets the port itself to hold. Not the `http.Server`: it would add its own answer to every
   * `clientError`, and close idle connections by a list that does not know ours.
   */
  readonly serverFactory = (handler: RequestHandler): http.Server => {
    if (this.#handle !== null) throw new TypeError("the listener serves one app");
    this.#handle = handler;
    return this.#port as unknown as http.Server;
  };

  async listen(at: { readonly host: string; readonly port: number }): Promise<AddressInfo> {
    const address = await listenOn(this.#port, { ...at, setting: "PORT" });
    tolerate(this.#port, this.#context.log, "the listening socket failed");
    void this.#enforce();
    return address;
  }

  close(graceMs: number): Promise<void> {
    this.#close ??= this.#closeWithin(graceMs);
    return this.#close;
  }

  async #closeWithin(graceMs: number): Promise<void> {
    this.#closing.abort();
    const ended = new Promise<void>((resolve) => this.#port.close(() => resolve()));
    for (const conversation of this.#conversations.values()) conversation.drain();
    void this.#clock.sleep(graceMs, this.#closed.signal).then(() => this.#destroyAll());
    await ended;
    // The port counts its connections out a moment before their last event.
    await Promise.all([...this.#conversations.keys()].map(closeOf));
    this.#closed.abort();
  }

  #destroyAll(): void {
    for (const conversation of this.#conversations.values()) conversation.destroy();
  }

  #accept(socket: Socket): void {
    const address = socket.remoteAddress;
    if (address === undefined || !this.#admission.enter(address)) {
      this.#context.log.debug({ address }, "a connection was refused: too many");
      socket.destroy();
      return;
    }
    tolerate(socket, this.#context.log, "a connection failed");
    socket.once("close", () => this.#admission.leave(address));
    const endAtMs = this.#patience.nowMs + this.#limits.firstBytesMs;
    socket.once("close", () => this.#conversations.delete(socket));
    const first =
      this.#handshakes?.begin(socket, endAtMs, (protocol, secure) => {
        this.#conversations.delete(socket);
        secure.once("close", () => this.#conversations.delete(secure));
        this.#begin(secure, protocol);
      }) ?? new Sniffing(socket, endAtMs, (protocol) => this.#begin(socket, protocol));
    this.#conversations.set(socket, first);
  }

  #begin(socket: Socket, protocol: Protocol): void {
    if (protocol === "http1") {
      this.#conversations.set(socket, new Http1Conversation(socket, this.#context));
      this.#http1.emit("connection", socket);
      socket.resume();
      return;
    }
    this.#http2.once("session", (session) => {
      this.#conversations.set(socket, new Http2Conversation(session, socket, this.#context));
    });
    // There is no half-open HTTP/2: without the client, its streams end as well.
    socket.allowHalfOpen = false;
    this.#http2.emit("connection", socket);
  }

  /** A handler that throws is a defect; it costs the client its answer, not the others their service. */
  #serve(request: http.IncomingMessage, response: http.ServerResponse): void {
    try {
      if (this.#handle === null) throw new TypeError("the listener has no app");
      this.#handle(request, response);
    } catch (error) {
      this.#context.log.error({ err: error }, "a request handler threw");
      response.destroy();
    }
  }

  #http1Of(socket: Socket): Http1Conversation | undefined {
    const conversation = this.#conversations.get(socket);
    return conversation instanceof Http1Conversation ? conversation : undefined;
  }

  #enforceOn(conversation: Conversation, nowMs: number): void {
    try {
      conversation.enforce(nowMs);
    } catch (error) {
      this.#context.log.error({ err: error }, "a connection could not be ended in order");
      conversation.destroy();
    }
  }

  /** Looks at every deadline, again and again, until the last connection is gone. */
  async #enforce(): Promise<void> {
    while (!this.#closed.signal.aborted) {
      await this.#patience.step(this.#closed.signal);
      const { nowMs } = this.#patience;
      for (const conversation of this.#conversations.values()) this.#enforceOn(conversation, nowMs);
    }
  }
}

const closeOf = (socket: Socket) =>
  new Promise<void>((resolve) => socket.once("close", () => resolve()));
