/**
 * gRPC, gRPC-Web and Connect on the HTTP application, by Connect's own handlers. Beside Connect's plugin for
 * Fastify, this gives every error its details, a body to 405 and 415, and an answer to unknown methods.
 */
import type { DescService } from "@bufbuild/protobuf";
import {
  type ConnectError,
  type ConnectRouter,
  type ContextValues,
  createConnectRouter,
  createContextKey,
  type HandlerContext,
  type Interceptor,
} from "@connectrpc/connect";
import {
  encodeEnvelope,
  type UniversalHandler,
  type UniversalServerResponse,
} from "@connectrpc/connect/protocol";
import { setTrailerStatus } from "@connectrpc/connect/protocol-grpc";
import { trailerFlag, trailerSerialize } from "@connectrpc/connect/protocol-grpc-web";
import {
  compressionBrotli,
  compressionGzip,
  universalRequestFromNodeRequest,
  universalResponseToNodeResponse,
} from "@connectrpc/connect-node";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Log } from "../../base/log.ts";
import { boundTimeouts } from "../timeout-headers.ts";
import { discardRest } from "../unread-body.ts";
import { explainErrors, unaryError } from "./explain.ts";

/** What the library, not the implementation, ends a call with. */
export type ConnectFault =
  | { readonly kind: "unknown_method"; readonly path: string }
  /** The library said so; `received` tells whether the call had reached the interceptors by then. */
  | { readonly kind: "library"; readonly status: ConnectError; readonly received: boolean };

export interface ConnectFaceOptions {
  readonly services: readonly DescService[];
  readonly routes: (router: ConnectRouter) => void;
  readonly interceptors: readonly Interceptor[];
  /** Runs before the body is read; throws what refuses the call. */
  readonly gate: (context: HandlerContext) => Promise<void>;
  readonly contextValues: (request: FastifyRequest) => ContextValues;
  /** Of one request message, in bytes. */
  readonly readMaxBytes: number;
  readonly encodeFault: (fault: ConnectFault, requestId: string) => ConnectError;
  readonly log: Log;
}

/** Whether a call has reached the interceptors. */
const receivedKey = createContextKey(false);

const receive: Interceptor = (next) => (request) => {
  request.contextValues.set(receivedKey, true);
  return next(request);
};

/** Mounts every method of the services on `app`, whose error handler answers what is no call at all. */
export function registerConnect(app: FastifyInstance, options: ConnectFaceOptions): void {
  const router = createConnectRouter({
    acceptCompression: [compressionGzip, compressionBrotli],
    interceptors: [receive, ...options.interceptors],
    requestGate: options.gate,
    readMaxBytes: options.readMaxBytes,
  });
  options.routes(router);
  app.register(async (scope) => {
    // The handlers read the body by themselves.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", (_request, _body, done) => done(null, undefined));
    for (const handler of router.handlers) {
      scope.all(handler.requestPath, (request, reply) => answer(request, reply, handler, options));
    }
    for (const { typeName } of options.services) {
      scope.all(`/${typeName}/*`, (request, reply) => answerUnknown(request, reply, options));
    }
  });
}

async function answer(
  request: FastifyRequest,
  reply: FastifyReply,
  handler: UniversalHandler,
  { contextValues, encodeFault, log }: ConnectFaceOptions,
): Promise<FastifyReply> {
  const values = contextValues(request);
  const { raw } = request;
  boundTimeouts(raw.headers);
  const universal = universalOf(request, reply, values);
  // Whoever stops reading must not end the request: its answer is still to be written.
  const body = raw.iterator({ destroyOnReturn: false });
  const response = await handler({ ...universal, body });
  if (response.body === undefined && response.status >= 400)
    throw refusal(reply, response, handler);
  const explained = await explainErrors(response, contentTypeOf(request), (status) => {
    const received = values.get(receivedKey);
    return encodeFault({ kind: "library", status, received }, request.id);
  });
  return send(reply, explained, log);
}

/** @throws Error that is answered 400 for a `Host` or `:authority` that is none (RFC 9112, section 3.2) */
function universalOf({ raw }: FastifyRequest, reply: FastifyReply, values: ContextValues) {
  try {
    return universalRequestFromNodeRequest(raw, reply.raw, undefined, values);
  } catch (error) {
    if ((error as { code?: unknown }).code !== "ERR_INVALID_URL") throw error;
    throw Object.assign(new Error("no host", { cause: error }), { statusCode: 400 });
  }
}

/** What is not a call of any protocol: the wrong method or type; encoded like any such request. */
function refusal(
  reply: FastifyReply,
  { status }: UniversalServerResponse,
  { allowedMethods }: UniversalHandler,
): Error {
  if (status === 405) reply.header("allow", allowedMethods.join(", "));
  return Object.assign(new Error("not a call"), { statusCode: status });
}

async function answerUnknown(
  request: FastifyRequest,
  reply: FastifyReply,
  { encodeFault, log }: ConnectFaceOptions,
): Promise<FastifyReply> {
  const error = encodeFault({ kind: "unknown_method", path: request.url }, request.id);
  const type = contentTypeOf(request);
  if (!type.startsWith("application/grpc")) {
    return send(reply, { ...unaryError(error), status: 404 }, log);
  }
  const header = new Headers({ "content-type": type });
  const trailer = setTrailerStatus(new Headers(), error);
  const answer = type.startsWith("application/grpc-web")
    ? { body: once(encodeEnvelope(trailerFlag, trailerSerialize(trailer))) }
    : { body: none(), trailer };
  return send(reply, { status: 200, header, ...answer }, log);
}

async function* once<T>(value: T) {
  yield value;
}

async function* none(): AsyncGenerator<Uint8Array> {}

function contentTypeOf({ headers }: FastifyRequest): string {
  return (headers["content-type"] ?? "").toLowerCase();
}

/** Writes the answer past Fastify, whose own headers go with it. */
async function send(
  reply: FastifyReply,
  response: UniversalServerResponse,
  log: Log,
): Promise<FastifyReply> {
  reply.hijack();
  discardRest(reply.request, reply);
  for (const [name, value] of Object.entries(reply.getHeaders())) {
    if (value !== undefined) reply.raw.setHeader(name, value);
  }
  try {
    await universalResponseToNodeResponse(response, reply.raw);
  } catch (error) {
    // The client left, or its connection broke: there is nobody to tell.
    log.debug({ err: error }, "an answer could not be written");
  }
  return reply;
}
