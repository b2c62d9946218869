/** The Connect protocol and gRPC-Web by Connect's clients. */
import { create, type DescMethod, fromJson, type JsonValue } from "@bufbuild/protobuf";
import {
  type Code,
  ConnectError,
  type CallOptions as ConnectOptions,
  createClient,
} from "@connectrpc/connect";
import { encodeEnvelope } from "@connectrpc/connect/protocol";
import { errorFromJsonBytes } from "@connectrpc/connect/protocol-connect";
import { findTrailerError } from "@connectrpc/connect/protocol-grpc";
import { trailerFlag, trailerParse } from "@connectrpc/connect/protocol-grpc-web";
import {
  type ConnectTransportOptions,
  createConnectTransport,
  createGrpcWebTransport,
  createNodeHttpClient,
} from "@connectrpc/connect-node";
import {
  BadRequestSchema,
  ErrorInfoSchema,
  QuotaFailureSchema,
  RetryInfoSchema,
} from "../../gen/google/rpc/error_details_pb.ts";
import type { Generation } from "../../gen/music/v1/generation_pb.ts";
import {
  MusicGenerations,
  WatchGenerationRequestSchema,
} from "../../gen/music/v1/music_generations_pb.ts";
import { pathOf } from "../support/grpc-client.ts";
import {
  type CallOptions,
  type Endpoints,
  type Face,
  Failure,
  type Fields,
  stateOf,
} from "./face.ts";

type Protocol = "connect" | "grpc-web";

export function connectFace(
  name: string,
  protocol: Protocol,
  httpVersion: "1.1" | "2",
  { url, ca }: Endpoints,
): Face {
  const options = {
    baseUrl: url,
    httpVersion,
    ...(ca !== null && { nodeOptions: { ca } }),
  } as ConnectTransportOptions;
  const transport =
    protocol === "connect" ? createConnectTransport(options) : createGrpcWebTransport(options);
  const client = createClient(MusicGenerations, transport);
  const send = createNodeHttpClient(options as never);

  /** A call with these bytes as its message, past the client, whose decoders read the answer. */
  const raw = async (path: string, message: Buffer, { key, headers }: CallOptions) => {
    const isWeb = protocol === "grpc-web";
    const response = await send({
      url: url + path,
      method: "POST",
      header: new Headers({
        ...headers,
        "content-type": isWeb ? "application/grpc-web+proto" : "application/proto",
        ...(key !== null && { "x-api-key": key }),
      }),
      body: once(isWeb ? encodeEnvelope(0, message) : message),
    });
    const chunks: Uint8Array[] = [];
    for await (const chunk of response.body) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const nothing = new ConnectError(`no error in ${response.status} ${body}`);
    const error = isWeb
      ? (findTrailerError(response.header) ?? findTrailerError(trailerOf(body)) ?? nothing)
      : errorFromJsonBytes(body, response.header, nothing);
    return failureOfConnect(error);
  };

  return {
    name,
    encoding: "rpc",
    async unary(method: DescMethod, fields: Fields, callOptions) {
      let requestId: string | null = null;
      let rateLimit: string | null = null;
      const call = client[method.localName as "getGeneration"];
      const request = create(method.input, fromJson(method.input, fields as JsonValue));
      const onHeader = (header: Headers) => {
        requestId = header.get("x-request-id");
        rateLimit = header.get("ratelimit");
      };
      const job = await call(request as never, { ...optionsOf(callOptions), onHeader }).catch(fail);
      return { state: stateOf(job as Generation), requestId, rateLimit };
    },
    async *watch(fields, callOptions) {
      const request = fromJson(WatchGenerationRequestSchema, fields as JsonValue);
      try {
        for await (const job of client.watchGeneration(request, optionsOf(callOptions))) {
          yield stateOf(job);
        }
      } catch (error) {
        fail(error);
      }
    },
    bytes: (bytes, callOptions) =>
      raw(pathOf(MusicGenerations.method.createGeneration), bytes, callOptions),
    unknown: (callOptions) =>
      raw(`/${MusicGenerations.typeName}/Nothing`, Buffer.alloc(0), callOptions),
    close: () => {},
  };
}

async function* once<T>(value: T) {
  yield value;
}

/** The trailers in the last frame of a gRPC-Web body. */
function trailerOf(body: Buffer): Headers {
  let at = 0;
  while (at < body.length && body[at] !== trailerFlag) at += 5 + body.readUInt32BE(at + 1);
  return at < body.length ? trailerParse(body.subarray(at + 5)) : new Headers();
}

function optionsOf({ key, headers, deadlineMs, signal }: CallOptions): ConnectOptions {
  return {
    headers: { ...headers, ...(key !== null && { "x-api-key": key }) },
    ...(deadlineMs !== undefined && { timeoutMs: deadlineMs }),
    ...(signal !== undefined && { signal }),
  };
}

function fail(error: unknown): never {
  if (!(error instanceof ConnectError)) throw error;
  throw failureOfConnect(error);
}

function failureOfConnect(error: ConnectError): Failure {
  const [info] = error.findDetails(ErrorInfoSchema);
  const [bad] = error.findDetails(BadRequestSchema);
  const seconds = error.findDetails(RetryInfoSchema)[0]?.retryDelay?.seconds;
  return new Failure({
    code: error.code as Code,
    reason: info?.reason,
    fields: bad?.fieldViolations.map(({ field }) => field) ?? [],
    retryAfterSeconds: seconds === undefined ? undefined : Number(seconds),
    requestId: error.metadata.get("x-request-id") ?? undefined,
    quota: error.findDetails(QuotaFailureSchema)[0]?.violations[0]?.quotaId,
  });
}
