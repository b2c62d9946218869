/** gRPC by grpc-js, on either port. */
import { create, type DescMethod, fromJson, type JsonValue } from "@bufbuild/protobuf";
import * as grpc from "@grpc/grpc-js";
import { type Generation, GenerationSchema } from "../../gen/music/v1/generation_pb.ts";
import {
  MusicGenerations,
  WatchGenerationRequestSchema,
} from "../../gen/music/v1/music_generations_pb.ts";
import { GrpcClient, failureOf as grpcFailureOf, pathOf } from "../support/grpc-client.ts";
import {
  type CallOptions,
  type Endpoints,
  type Face,
  Failure,
  type Fields,
  failureOf,
  stateOf,
} from "./face.ts";

export function grpcFace(name: string, address: string, { ca }: Endpoints): Face {
  const credentials =
    ca === null ? grpc.credentials.createInsecure() : grpc.credentials.createSsl(ca);
  const client = new GrpcClient(address, credentials);
  const raw = async (path: string, bytes: Buffer, options: CallOptions) => {
    const call = client.bytes(path, bytes, optionsOf(options));
    return failureOf(call.catch((error: unknown) => fail(error)));
  };
  return {
    name,
    encoding: "rpc",
    async unary(method: DescMethod, fields: Fields, options) {
      let metadata = new grpc.Metadata();
      const request = create(method.input, fromJson(method.input, fields as JsonValue));
      const onMetadata = (received: grpc.Metadata) => {
        metadata = received;
      };
      const call = client.unary(
        { ...method, output: GenerationSchema } as never,
        request as never,
        { ...optionsOf(options), onMetadata },
      );
      const job = await call.catch((error: unknown) => fail(error, metadata));
      const state = stateOf(job as Generation);
      const header = (name: string) => metadata.get(name)[0]?.toString() ?? null;
      return { state, requestId: header("x-request-id"), rateLimit: header("ratelimit") };
    },
    async *watch(fields, options) {
      const method = MusicGenerations.method.watchGeneration;
      const request = fromJson(WatchGenerationRequestSchema, fields as JsonValue);
      const call = client.stream(method, request, optionsOf(options));
      try {
        for await (const job of call) yield stateOf(job);
      } catch (error) {
        fail(error);
      } finally {
        call.cancel();
      }
    },
    bytes: (bytes, options) =>
      raw(pathOf(MusicGenerations.method.createGeneration), bytes, options),
    unknown: (options) => raw(`/${MusicGenerations.typeName}/Nothing`, Buffer.alloc(0), options),
    close: () => client.close(),
  };
}

function optionsOf({ key, headers, deadlineMs, signal }: CallOptions) {
  return {
    metadata: { ...headers, ...(key !== null && { "x-api-key": key }) },
    ...(deadlineMs !== undefined && { deadlineMs }),
    onCall: (call: { cancel(): void }) => {
      signal?.addEventListener("abort", () => call.cancel());
    },
  };
}

/** The request id is in the headers, or in the trailers when there are no headers. */
function fail(error: unknown, header = new grpc.Metadata()): never {
  const { code, reason, fields, retryAfterSeconds, quota, ...failure } = grpcFailureOf(error);
  const requestId = failure.requestId ?? header.get("x-request-id")[0]?.toString();
  throw new Failure({ code, reason, fields, retryAfterSeconds, requestId, quota });
}
