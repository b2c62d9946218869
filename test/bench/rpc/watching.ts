/** Clients that watch: SSE on an HTTP/1.1 connection each, gRPC on streams of shared HTTP/2 sessions. */
import { once } from "node:events";
import http2 from "node:http2";
import net from "node:net";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { GenerationSchema, GenerationStatus } from "../../../gen/music/v1/generation_pb.ts";
import {
  MusicGenerations,
  WatchGenerationRequestSchema,
} from "../../../gen/music/v1/music_generations_pb.ts";

export interface WatchedJob {
  readonly organizationId: string;
  readonly id: string;
}

/** Told of every state that a watcher gets. */
export type Receive = (job: WatchedJob, version: number, succeeded: boolean) => void;

/** A connection that does nothing yet. */
export interface Idle {
  /** Begins `count` watches or fewer; resolves with their ends. */
  watch(jobs: readonly WatchedJob[], receive: Receive): Promise<void>[];
  close(): void;
}

/** Connections of one address are limited, so they come from several. */
function addressOf(n: number): string {
  return `127.0.0.${2 + Math.floor(n / 500)}`;
}

/** An HTTP/1.1 connection that has had one answer. */
export async function connectSse(port: number, n: number, key: string): Promise<Idle> {
  const socket = net.connect({ host: "127.0.0.1", port, localAddress: addressOf(n) });
  socket.setEncoding("latin1");
  await once(socket, "connect");
  socket.write("GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n");
  await once(socket, "data");
  return {
    watch: ([job], receive) => {
      const { organizationId, id } = job!;
      const path = `/v1/music/${organizationId}/generations/${id}/events`;
      socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nX-API-Key: ${key}\r\n\r\n`);
      return [readEvents(socket, job!, receive)];
    },
    close: () => socket.destroy(),
  };
}

function readEvents(socket: net.Socket, job: WatchedJob, receive: Receive): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = "";
    socket.on("data", (chunk: string) => {
      text += chunk;
      const events = text.split("\n\n");
      text = events.pop() ?? "";
      for (const event of events) {
        const id = /^id: (\d+)$/m.exec(event)?.[1];
        if (id === undefined) continue;
        const succeeded = event.includes('"status":"succeeded"');
        receive(job, Number(id), succeeded);
        if (succeeded) resolve();
      }
    });
    socket.once("close", () => reject(new Error(`closed early: ${text.slice(0, 300)}`)));
  });
}

/** An HTTP/2 session of the port for gRPC. */
export async function connectGrpc(address: string, key: string): Promise<Idle> {
  const session = http2.connect(`http://${address}`);
  await once(session, "remoteSettings");
  return {
    watch: (jobs, receive) => jobs.map((job) => watchByGrpc(session, job, key, receive)),
    close: () => session.destroy(),
  };
}

function watchByGrpc(
  session: http2.ClientHttp2Session,
  job: WatchedJob,
  key: string,
  receive: Receive,
): Promise<void> {
  const { organizationId, id: jobId } = job;
  const request = create(WatchGenerationRequestSchema, { organizationId, jobId });
  const message = toBinary(WatchGenerationRequestSchema, request);
  const stream = session.request({
    ":method": "POST",
    ":path": `/${MusicGenerations.typeName}/WatchGeneration`,
    "content-type": "application/grpc",
    te: "trailers",
    "x-api-key": key,
  });
  stream.end(Buffer.concat([Buffer.from([0, 0, 0, 0, message.length]), message]));
  return new Promise((resolve, reject) => {
    let bytes: Buffer = Buffer.alloc(0);
    let done = false;
    stream.on("data", (chunk: Buffer) => {
      bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk]);
      while (bytes.length >= 5 && bytes.length >= 5 + bytes.readUInt32BE(1)) {
        const end = 5 + bytes.readUInt32BE(1);
        const { version, status } = fromBinary(GenerationSchema, bytes.subarray(5, end));
        bytes = bytes.subarray(end);
        done = status === GenerationStatus.SUCCEEDED;
        receive(job, version, done);
      }
    });
    stream.on("trailers", (trailers) => {
      if (done && String(trailers["grpc-status"]) === "0") resolve();
      else reject(new Error(`ended early: ${trailers["grpc-message"]}`));
    });
    stream.on("error", reject);
  });
}
