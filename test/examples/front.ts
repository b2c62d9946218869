/**
 * What stands between an example and the service, and makes the worst of it: the answer to the first create is
 * lost and becomes "no time", the second is told to slow down, and the first watch is cut off before its first state.
 */
import {
  createServer,
  request as dial,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import * as http2 from "node:http2";
import type { AddressInfo, Server } from "node:net";
import { buffer } from "node:stream/consumers";
import { onTestFinished } from "vitest";

/** What becomes of a call; each mishap happens once. */
class Mishaps {
  creates = 0;
  watches = 0;

  next(isCreate: boolean, isWatch: boolean): "lose" | "slow" | "cut" | "pass" {
    if (isCreate) this.creates += 1;
    if (isWatch) this.watches += 1;
    if (isCreate && this.creates <= 2) return this.creates === 1 ? "lose" : "slow";
    return isWatch && this.watches === 1 ? "cut" : "pass";
  }
}

export interface Front {
  /** `host:port`. */
  readonly address: string;
  /** How many calls of each kind have come. */
  readonly seen: Readonly<Pick<Mishaps, "creates" | "watches">>;
}

async function listen(server: Server, seen: Mishaps): Promise<Front> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { address: `127.0.0.1:${port}`, seen };
}

/** Before the REST face at `url`. */
export function restFront(url: string): Promise<Front> {
  const mishaps = new Mishaps();
  const server = createServer((incoming, outgoing) => void serve(incoming, outgoing));
  async function serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { method = "", headers, url: path = "" } = incoming;
    const mishap = mishaps.next(method === "POST", path.endsWith("/events"));
    const refuse = (status: number) => {
      outgoing.writeHead(status, { "retry-after": "1", "content-type": "application/json" });
      outgoing.end("{}");
    };
    const body = await buffer(incoming);
    if (mishap === "slow") return refuse(429);
    const call = dial(new URL(path, url), { method, headers }, (answer) => {
      if (mishap === "lose") return void answer.resume().on("end", () => refuse(503));
      // The job may have ended by now, so that nothing but the head would come.
      if (mishap === "cut") return void outgoing.destroy();
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(outgoing);
    });
    call.on("error", () => outgoing.destroy());
    outgoing.on("close", () => call.destroy());
    call.end(body);
  }
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return listen(server, mishaps);
}

const grpc = { unavailable: "14", resourceExhausted: "8" } as const;

/** Before the gRPC port at `address`. */
export function grpcFront(address: string): Promise<Front> {
  const mishaps = new Mishaps();
  const target = http2.connect(`http://${address}`);
  const server = http2.createServer();
  const sessions = new Set<http2.ServerHttp2Session>();
  server.on("session", (session) => {
    sessions.add(session.on("error", () => {}));
    session.on("close", () => sessions.delete(session));
  });
  server.on("stream", (stream, headers) => {
    const path = String(headers[":path"]);
    const isCreate = path.endsWith("/CreateGeneration");
    const mishap = mishaps.next(isCreate, path.endsWith("/WatchGeneration"));
    const refuse = (code: string) => {
      const trailers = { ":status": 200, "content-type": "application/grpc", "grpc-status": code };
      stream.respond(trailers, { endStream: true });
    };
    stream.on("error", () => {});
    if (mishap === "slow") return refuse(grpc.resourceExhausted);
    const call = target.request(headers).on("error", () => stream.close());
    stream.pipe(call);
    stream.on("close", () => call.close());
    if (mishap === "lose") return void call.resume().on("end", () => refuse(grpc.unavailable));
    if (mishap === "cut") return void call.once("response", () => stream.session?.destroy());
    forward(call, stream);
  });
  onTestFinished(() => {
    for (const session of sessions) session.destroy();
    target.destroy();
    server.close();
  });
  return listen(server, mishaps);
}

function forward(call: http2.ClientHttp2Stream, stream: http2.ServerHttp2Stream): void {
  let trailers: http2.OutgoingHttpHeaders = {};
  call.on("trailers", (received) => {
    trailers = received;
  });
  call.on("response", (headers, flags) => {
    const endStream = (flags & http2.constants.NGHTTP2_FLAG_END_STREAM) !== 0;
    if (stream.destroyed) return;
    stream.respond(headers, { waitForTrailers: !endStream, endStream });
    stream.on("wantTrailers", () => stream.sendTrailers(trailers));
    if (!endStream) call.pipe(stream);
  });
}
