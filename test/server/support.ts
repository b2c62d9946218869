/** A small app behind a listener, and raw clients that misbehave on command. */
import { once } from "node:events";
import http2 from "node:http2";
import net from "node:net";
import { Readable } from "node:stream";
import { create } from "@bufbuild/protobuf";
import type { ConnectRouter } from "@connectrpc/connect";
import { fastifyConnectPlugin } from "@connectrpc/connect-fastify";
import Fastify, { type FastifyInstance } from "fastify";
import { GenerationSchema } from "../../gen/music/v1/generation_pb.ts";
import { MusicGenerations } from "../../gen/music/v1/music_generations_pb.ts";
import { type Clock, systemClock } from "../../src/base/clock.ts";
import { createLog } from "../../src/base/log.ts";
import {
  createListener,
  type Listener,
  type ListenerLimits,
} from "../../src/server/listener/index.ts";

export interface Running {
  readonly app: FastifyInstance;
  readonly listener: Listener;
  readonly port: number;
  readonly url: string;
  /** Requests of `/wait` that nobody has answered: call one to answer it. */
  readonly waiting: (() => void)[];
  /** Answers every request of `/gate`, those that come later at once. */
  readonly openGate: () => void;
  stop(): Promise<void>;
}

/** `details` of an envelope, as far as these tests look. */
const codes = {
  request_timeout: [408, "REQUEST_TIMEOUT"],
  headers_too_large: [431, "HEADERS_TOO_LARGE"],
  unknown_method: [405, "METHOD_NOT_ALLOWED"],
  bad_request: [400, "MALFORMED_REQUEST"],
} as const;

/** Starts the app on a free port. Every deadline is long unless `limits` says otherwise. */
export async function serve(
  limits: Partial<ListenerLimits> = {},
  clock: Clock = systemClock,
): Promise<Running> {
  const listener = createListener({
    limits,
    clock,
    log: createLog("silent"),
    encodeProtocolError: (kind) => ({
      status: codes[kind][0],
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ success: false, error: { code: codes[kind][1] } }),
    }),
  });
  const app = Fastify({
    serverFactory: listener.serverFactory,
    rewriteUrl: (request) => {
      if (request.url === "/throw-in-routing") throw new Error("thrown on purpose");
      return request.url ?? "/";
    },
  });
  app.post("/echo", async (request) => request.body);
  app.get("/number/:n", async (request) => (request.params as { n: string }).n);
  const waiting: (() => void)[] = [];
  app.get("/wait", async () => {
    await new Promise<void>((resolve) => waiting.push(resolve));
    return "waited";
  });
  const gate = Promise.withResolvers<void>();
  app.get("/gate", async () => {
    await gate.promise;
    return "through";
  });
  app.get("/ticks/:count", async (request, reply) => {
    const { count } = request.params as { count: string };
    reply.header("content-type", "text/event-stream");
    return Readable.from(ticks(Number(count)));
  });
  app.get("/large/:bytes", async (request) => {
    app.server.emit("large");
    return "x".repeat(Number((request.params as { bytes: string }).bytes));
  });
  await app.register(fastifyConnectPlugin, { routes });
  await app.ready();
  const { port } = await listener.listen({ host: "127.0.0.1", port: 0 });
  return {
    app,
    listener,
    port,
    waiting,
    openGate: gate.resolve,
    url: `http://127.0.0.1:${port}`,
    stop: async () => {
      await listener.close(0);
      await app.close();
    },
  };
}

/** So many ticks, 10 ms apart. */
async function* ticks(count: number): AsyncIterable<string> {
  for (let tick = 0; tick < count; tick += 1) {
    await systemClock.sleep(10);
    yield "tick\n";
  }
}

/** `organization_id` tells the engine's key; a watch gives `after_version` states. */
function routes(router: ConnectRouter): void {
  router.service(MusicGenerations, {
    listEngines: ({ organizationId }) => ({ engines: [{ engineKey: organizationId }] }),
    async *watchGeneration({ jobId, afterVersion }) {
      for (let version = 1; version <= (afterVersion ?? 0); version += 1) {
        yield create(GenerationSchema, { id: jobId, version });
      }
    },
  });
}

/** A raw connection; everything it receives is kept. */
export class Raw {
  readonly socket: net.Socket;
  #text = "";
  readonly closed: Promise<void>;

  private constructor(socket: net.Socket) {
    this.socket = socket;
    this.closed = new Promise((resolve) => socket.once("close", () => resolve()));
    socket.setEncoding("latin1");
    socket.on("data", (text: string) => {
      this.#text += text;
    });
    // A reset is an end like any other here.
    socket.on("error", () => undefined);
  }

  static async connect(port: number, options: Partial<net.TcpNetConnectOpts> = {}): Promise<Raw> {
    const socket = net.connect({ port, host: "127.0.0.1", ...options });
    const raw = new Raw(socket);
    await once(socket, "connect");
    return raw;
  }

  get text(): string {
    return this.#text;
  }

  write(bytes: string | Uint8Array): void {
    this.socket.write(bytes);
  }

  /** Resolves once what was received satisfies `accepts`; rejects when the connection ends before. */
  async until(accepts: (text: string) => boolean): Promise<void> {
    while (!accepts(this.#text)) {
      if (this.socket.destroyed) throw new Error(`the connection ended after: ${this.#text}`);
      await Promise.race([once(this.socket, "data"), this.closed]);
    }
  }

  /** Sends `bytes` again every few milliseconds until the connection ends. */
  async trickle(bytes: string): Promise<void> {
    const timer = setInterval(() => this.socket.write(bytes), 10);
    await this.closed;
    clearInterval(timer);
  }
}

export const http2Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/** One HTTP/2 frame (RFC 9113, section 4.1). */
export function frame(type: number, flags: number, stream: number, payload: Uint8Array): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** An HTTP/2 client whose session does not throw when the server ends it. */
export function http2Client(url: string): http2.ClientHttp2Session {
  const session = http2.connect(url);
  session.on("error", () => undefined);
  return session;
}

/** The answer's headers and trailers to a request on a session of its own, once the stream has closed. */
export async function http2Call(
  url: string,
  headers: http2.OutgoingHttpHeaders,
  body = Buffer.alloc(0),
): Promise<http2.IncomingHttpHeaders> {
  const session = http2Client(url);
  try {
    const stream = session.request(headers, { endStream: body.length === 0 });
    const said: http2.IncomingHttpHeaders = {};
    stream.on("response", (received) => Object.assign(said, received));
    stream.on("trailers", (received) => Object.assign(said, received));
    stream.resume();
    if (body.length > 0) stream.end(body);
    await once(stream, "close");
    return said;
  } finally {
    session.destroy();
  }
}

/** Sends a request on `session` and reads the whole answer. */
export async function http2Fetch(
  session: http2.ClientHttp2Session,
  headers: http2.OutgoingHttpHeaders,
  body?: string,
): Promise<{ status: number; body: string }> {
  const stream = session.request(headers, { endStream: body === undefined });
  if (body !== undefined) stream.end(body);
  const [answer] = (await once(stream, "response")) as [http2.IncomingHttpHeaders];
  stream.setEncoding("utf8");
  let text = "";
  for await (const chunk of stream) text += chunk;
  return { status: Number(answer[":status"]), body: text };
}
