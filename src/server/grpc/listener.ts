/**
 * The gRPC port: `@grpc/grpc-js` over the same implementation as the other faces, with health and reflection.
 *
 * The sockets are ours and are handed to grpc-js, because its own shutdown waits for ever on a connection that
 * does not close: GOAWAY first, then the calls that run have their time, then what is left is destroyed.
 */
import type { Http2Server } from "node:http2";
import net, { type Socket } from "node:net";
import type { DescFile, DescService } from "@bufbuild/protobuf";
import { type ConnectionInjector, type Metadata, Server, ServerCredentials } from "@grpc/grpc-js";
import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import { addressText, type ListenAddress, listenOn } from "../listen.ts";
import { Admission } from "../listener/admission.ts";
import { tolerate } from "../listener/conversation.ts";
import { defaultListenerLimits, type ListenerLimits } from "../listener/limits.ts";
import { boundTimeouts } from "../timeout-headers.ts";
import type { Certificate } from "../tls.ts";
import { CallGuard, type PortFault, requestIdKey } from "./guard.ts";
import { Health } from "./health.ts";
import { defaultGrpcLimits, type GrpcLimits } from "./limits.ts";
import { type GrpcService, methodsOf } from "./methods.ts";
import { addReflection } from "./reflection.ts";
import { type GrpcStatus, statusOf } from "./status.ts";
import { answerUnknownMethods } from "./unknown-method.ts";

export interface GrpcListenerOptions {
  readonly services: readonly GrpcService[];
  /** What reflection tells of, beside the services. */
  readonly reflect: { readonly health: DescService; readonly details: readonly DescFile[] };
  readonly clock: Clock;
  readonly log: Log;
  readonly limits?: Partial<GrpcLimits>;
  /** How many may connect, of one address and in all. */
  readonly connections?: Pick<ListenerLimits, "maxConnections" | "maxConnectionsPerAddress">;
  /** Null for clear text. */
  readonly certificate: Certificate | null;
  /** The id of a call, given the one that the client sent, if any. */
  readonly requestId: (sent: string | undefined) => string;
  /** The error of what the port itself refuses. */
  readonly encodeFault: (fault: PortFault, requestId: string) => Error;
}

export class GrpcListener {
  readonly #options: GrpcListenerOptions;
  readonly #limits: GrpcLimits;
  readonly #guard: CallGuard;
  readonly #health: Health;
  readonly #server: Server;
  readonly #injector: ConnectionInjector;
  readonly #port: net.Server;
  readonly #sockets = new Set<Socket>();
  readonly #admission: Admission;
  #closed: Promise<void> | null = null;

  constructor(options: GrpcListenerOptions) {
    this.#options = options;
    this.#limits = { ...defaultGrpcLimits, ...options.limits };
    this.#admission = new Admission({ ...defaultListenerLimits, ...options.connections });
    const services = options.services.map(({ service }) => service);
    const names = services.map(({ typeName }) => typeName);
    this.#guard = new CallGuard({
      services: names,
      maxMetadataBytes: this.#limits.maxMetadataBytes,
      requestId: options.requestId,
      encodeFault: (fault, id) => this.#encode(fault, id),
    });
    this.#health = new Health(names);
    this.#server = this.#createServer();
    addReflection(this.#server, [...services, options.reflect.health], options.reflect.details);
    this.#injector = this.#server.createConnectionInjector(credentialsOf(options.certificate));
    boundDeadlines(this.#server);
    this.#port = net.createServer({ noDelay: true, keepAlive: true }, (socket) =>
      this.#accept(socket),
    );
  }

  /** What the health service says of this server and its services. */
  setReady(ready: boolean): void {
    this.#health.set(ready);
  }

  /**
   * Resolves with `host:port` once connections are accepted.
   * @throws Error when the port is not free
   */
  async listen(at: ListenAddress): Promise<string> {
    const address = await listenOn(this.#port, at);
    tolerate(this.#port, this.#options.log, "the listening socket failed");
    return addressText(address);
  }

  /**
   * Accepts no more, says GOAWAY on every connection, waits up to `graceMs` for calls that run, then destroys
   * what is left. Resolves when no connection is left. Idempotent.
   */
  close(graceMs: number): Promise<void> {
    this.#closed ??= this.#close(graceMs);
    return this.#closed;
  }

  async #close(graceMs: number): Promise<void> {
    const { clock } = this.#options;
    const closed = new AbortController();
    const ended = new Promise<void>((resolve) => this.#port.close(() => resolve()));
    void ended.then(() => closed.abort());
    this.#health.set(false);
    this.#guard.endForeign();
    this.#injector.drain(graceMs);
    await Promise.race([this.#guard.quiet(), clock.sleep(graceMs, closed.signal)]);
    await clock.sleep(Math.min(this.#limits.lingerMs, graceMs), closed.signal);
    for (const socket of this.#sockets) socket.destroy();
    await ended;
    this.#injector.destroy();
    this.#server.forceShutdown();
  }

  #createServer(): Server {
    const limits = this.#limits;
    const server = new Server({
      interceptors: [this.#guard.interceptor],
      // Its bookkeeping costs a tenth of a call, and there is nobody to read it.
      "grpc.enable_channelz": 0,
      "grpc.max_receive_message_length": limits.maxRequestBytes,
      "grpc.max_send_message_length": limits.maxResponseBytes,
      "grpc.max_concurrent_streams": limits.maxConcurrentStreams,
      "grpc.keepalive_time_ms": limits.keepAliveMs,
      "grpc.keepalive_timeout_ms": limits.keepAliveTimeoutMs,
      "grpc.max_connection_idle_ms": limits.idleMs,
    });
    for (const service of this.#options.services) {
      const { definition, handlers } = methodsOf(service, this.#options.clock);
      server.addService(definition, handlers);
    }
    this.#health.addTo(server);
    answerUnknownMethods(server, (path, metadata) => this.#unknown(path, metadata));
    return server;
  }

  #unknown(path: string, metadata: Metadata): GrpcStatus {
    const id = this.#options.requestId(metadata.get(requestIdKey)[0]?.toString());
    return this.#encode({ kind: "unknown_method", path }, id);
  }

  #encode(fault: PortFault, requestId: string): GrpcStatus {
    const status = statusOf(this.#options.encodeFault(fault, requestId));
    status.metadata.set(requestIdKey, requestId);
    return status;
  }

  #accept(socket: Socket): void {
    const { log } = this.#options;
    const address = socket.remoteAddress;
    if (address === undefined || !this.#admission.enter(address)) {
      log.debug({ address }, "a connection was refused: too many");
      socket.destroy();
      return;
    }
    tolerate(socket, log, "a gRPC connection failed");
    this.#sockets.add(socket);
    socket.once("close", () => {
      this.#sockets.delete(socket);
      this.#admission.leave(address);
    });
    this.#injector.injectConnection(socket);
  }
}

/**
 * Sees a call's headers before grpc-js reads its deadline from them. There is no public way to, so this asks for
 * the HTTP/2 servers by the name that they have inside of grpc-js (1.14).
 * @throws TypeError when they are not there
 */
function boundDeadlines(server: Server): void {
  const { http2Servers } = server as unknown as { http2Servers?: Map<Http2Server, unknown> };
  const found = [...(http2Servers?.keys() ?? [])];
  if (found.length === 0) throw new TypeError("grpc-js keeps its HTTP/2 servers elsewhere");
  for (const each of found) each.prependListener("stream", (_, headers) => boundTimeouts(headers));
}

function credentialsOf(certificate: Certificate | null): ServerCredentials {
  if (certificate === null) return ServerCredentials.createInsecure();
  const { cert, key } = certificate;
  return ServerCredentials.createSsl(null, [{ cert_chain: cert, private_key: key }]);
}
