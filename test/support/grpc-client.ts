/** A grpc-js client by descriptors, and what went wrong as it finds it. */
import {
  create,
  type DescMessage,
  type DescMethod,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import { anyUnpack } from "@bufbuild/protobuf/wkt";
import * as grpc from "@grpc/grpc-js";
import {
  BadRequestSchema,
  ErrorInfoSchema,
  QuotaFailureSchema,
  RetryInfoSchema,
} from "../../gen/google/rpc/error_details_pb.ts";
import { StatusSchema } from "../../gen/google/rpc/status_pb.ts";

type Method<I extends DescMessage, O extends DescMessage> = DescMethod & { input: I; output: O };

export interface GrpcCallOptions {
  readonly metadata?: Readonly<Record<string, string>>;
  /** Milliseconds from now. */
  readonly deadlineMs?: number;
  readonly onCall?: (call: { cancel(): void }) => void;
  readonly onMetadata?: (metadata: grpc.Metadata) => void;
}

export class GrpcClient {
  readonly #client: grpc.Client;

  constructor(
    address: string,
    credentials: grpc.ChannelCredentials = grpc.credentials.createInsecure(),
    options: grpc.ClientOptions = {},
  ) {
    // A pool of its own: otherwise clients of one address share a connection.
    this.#client = new grpc.Client(address, credentials, {
      "grpc.use_local_subchannel_pool": 1,
      ...options,
    });
  }

  unary<I extends DescMessage, O extends DescMessage>(
    method: Method<I, O>,
    request: MessageInitShape<I>,
    options: GrpcCallOptions = {},
  ): Promise<MessageShape<O>> {
    const bytes = Buffer.from(toBinary(method.input, create(method.input, request)));
    return this.bytes(pathOf(method), bytes, options).then((answer) =>
      fromBinary(method.output, answer),
    );
  }

  /** A unary call of any path with any bytes. */
  bytes(path: string, bytes: Buffer, options: GrpcCallOptions = {}): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const call = this.#client.makeUnaryRequest(
        path,
        same,
        same,
        bytes,
        metadataOf(options),
        callOptionsOf(options),
        (error, answer) => (error ? reject(error) : resolve(answer!)),
      );
      call.on("metadata", (received) => options.onMetadata?.(received));
      options.onCall?.(call);
    });
  }

  stream<I extends DescMessage, O extends DescMessage>(
    method: Method<I, O>,
    request: MessageInitShape<I>,
    options: GrpcCallOptions = {},
  ): grpc.ClientReadableStream<MessageShape<O>> {
    const call = this.#client.makeServerStreamRequest(
      pathOf(method),
      same,
      (bytes) => fromBinary(method.output, bytes),
      Buffer.from(toBinary(method.input, create(method.input, request))),
      metadataOf(options),
      callOptionsOf(options),
    );
    options.onCall?.(call);
    return call;
  }

  close(): void {
    this.#client.close();
  }
}

const same = (bytes: Buffer) => bytes;

export function pathOf(method: DescMethod): string {
  return `/${method.parent.typeName}/${method.name}`;
}

function metadataOf({ metadata = {} }: GrpcCallOptions): grpc.Metadata {
  const all = new grpc.Metadata();
  for (const [name, value] of Object.entries(metadata)) all.set(name, value);
  return all;
}

function callOptionsOf({ deadlineMs }: GrpcCallOptions): grpc.CallOptions {
  return deadlineMs === undefined ? {} : { deadline: Date.now() + deadlineMs };
}

/** What an error said, decoded from its `grpc-status-details-bin`. */
export interface GrpcFailure {
  readonly code: grpc.status;
  readonly message: string;
  readonly requestId: string | undefined;
  readonly reason: string | undefined;
  readonly fields: readonly string[];
  readonly retryAfterSeconds: number | undefined;
  /** The id of the quota that is used up. */
  readonly quota: string | undefined;
}

export function failureOf(error: unknown): GrpcFailure {
  const { code, details: message, metadata } = error as grpc.ServiceError;
  const [bytes] = metadata.get("grpc-status-details-bin");
  const details = bytes === undefined ? [] : fromBinary(StatusSchema, bytes as Buffer).details;
  const found = <S extends DescMessage>(schema: S) =>
    details.map((each) => anyUnpack(each, schema)).find((each) => each !== undefined);
  const retry = found(RetryInfoSchema)?.retryDelay?.seconds;
  return {
    code,
    message,
    requestId: metadata.get("x-request-id")[0]?.toString(),
    reason: found(ErrorInfoSchema)?.reason,
    fields: found(BadRequestSchema)?.fieldViolations.map(({ field }) => field) ?? [],
    retryAfterSeconds: retry === undefined ? undefined : Number(retry),
    quota: found(QuotaFailureSchema)?.violations[0]?.quotaId,
  };
}

/** The failure that the call ends with. */
export async function failureFrom(call: Promise<unknown>): Promise<GrpcFailure> {
  const answer = await call.then(
    () => null,
    (error: unknown) => failureOf(error),
  );
  if (answer === null) throw new Error("the call did not fail");
  return answer;
}
