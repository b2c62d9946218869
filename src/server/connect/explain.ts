/**
 * Details for the errors that Connect's handlers find by themselves, before a call has reached the interceptors:
 * a message that cannot be read, one that is too large, a time-out that is not one. They come as an answer that
 * is already encoded, in one of four forms; an error without details is decoded, explained and encoded again.
 */
import { Code, ConnectError } from "@connectrpc/connect";
import { encodeEnvelope, type UniversalServerResponse } from "@connectrpc/connect/protocol";
import {
  codeToHttpStatus,
  createEndStreamSerialization,
  endStreamFlag,
  errorFromJsonBytes,
  errorToJsonBytes,
} from "@connectrpc/connect/protocol-connect";
import { findTrailerError, setTrailerStatus } from "@connectrpc/connect/protocol-grpc";
import { trailerFlag, trailerParse, trailerSerialize } from "@connectrpc/connect/protocol-grpc-web";

/** Gives an error its details. */
export type Explain = (error: ConnectError) => ConnectError;

type Body = AsyncIterable<Uint8Array>;

const endStream = createEndStreamSerialization(undefined);

/** The same answer, with details in its error if it has one without. */
export async function explainErrors(
  response: UniversalServerResponse,
  contentType: string,
  explain: Explain,
): Promise<UniversalServerResponse> {
  const { body, trailer = new Headers() } = response;
  if (body === undefined) return response;
  if (contentType.startsWith("application/grpc-web")) {
    return { ...response, body: mapChunks(body, (chunk) => explainTrailerFrame(chunk, explain)) };
  }
  if (contentType.startsWith("application/grpc")) {
    return { ...response, body: mapChunks(body, same, () => explainTrailer(trailer, explain)) };
  }
  if (contentType.startsWith("application/connect")) {
    return { ...response, body: mapChunks(body, (chunk) => explainEnd(chunk, explain)) };
  }
  return response.status === 200 ? response : explainUnary(response, body, explain);
}

const same = (chunk: Uint8Array) => chunk;

/** As `for await` would, but with `throw` and `return` handed on, by which the handlers notice an end. */
function mapChunks(
  body: Body,
  map: (chunk: Uint8Array) => Uint8Array,
  onDone: () => void = () => {},
): Body {
  return {
    [Symbol.asyncIterator]() {
      const chunks = body[Symbol.asyncIterator]();
      const next = async (): Promise<IteratorResult<Uint8Array>> => {
        const result = await chunks.next();
        if (!result.done) return { done: false, value: map(result.value) };
        onDone();
        return result;
      };
      const { throw: fail, return: end } = chunks;
      return {
        next,
        ...(fail && { throw: (error: unknown) => fail.call(chunks, error) }),
        ...(end && { return: (value: unknown) => end.call(chunks, value) }),
      };
    },
  };
}

function explainTrailer(trailer: Headers, explain: Explain): boolean {
  const error = findTrailerError(trailer);
  if (error === undefined || error.details.length > 0) return false;
  setTrailerStatus(trailer, explain(error));
  return true;
}

/** The last frame of gRPC-Web is its trailers; those without details are too short to be compressed. */
function explainTrailerFrame(chunk: Uint8Array, explain: Explain): Uint8Array {
  if (chunk[0] !== trailerFlag) return chunk;
  const trailer = trailerParse(chunk.subarray(5));
  return explainTrailer(trailer, explain)
    ? encodeEnvelope(trailerFlag, trailerSerialize(trailer))
    : chunk;
}

function explainEnd(chunk: Uint8Array, explain: Explain): Uint8Array {
  if (chunk[0] !== endStreamFlag) return chunk;
  const end = endStream.parse(chunk.subarray(5));
  if (end.error === undefined || end.error.details.length > 0) return chunk;
  const error = explain(end.error);
  return encodeEnvelope(endStreamFlag, endStream.serialize({ ...end, error }));
}

async function explainUnary(
  response: UniversalServerResponse,
  body: Body,
  explain: Explain,
): Promise<UniversalServerResponse> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  const unchanged = { ...response, body: once(bytes) };
  if (response.header?.has("content-encoding")) return unchanged;
  const unknown = new ConnectError("not an error", Code.Unknown);
  const error = errorFromJsonBytes(bytes, undefined, unknown);
  if (error === unknown || error.details.length > 0) return unchanged;
  return unaryError(explain(error), response.header);
}

/** An error as a unary answer of the Connect protocol. */
export function unaryError(error: ConnectError, header?: Headers): UniversalServerResponse {
  const bytes = errorToJsonBytes(error, undefined);
  const headers = new Headers(header);
  headers.set("content-type", "application/json");
  headers.set("content-length", String(bytes.byteLength));
  return { status: codeToHttpStatus(error.code), header: headers, body: once(bytes) };
}

async function* once<T>(value: T) {
  yield value;
}
