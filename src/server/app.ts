/**
 * The HTTP application that every face is mounted on: request ids, security headers, and one way for any
 * error to become an answer. What is mounted comes from the composition root.
 */
import { METHODS } from "node:http";
import fastify, {
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type FastifyServerFactory,
} from "fastify";
import type { Log } from "../base/log.ts";
import { traceparentOf } from "../base/trace-context.ts";
import { allowOrigins } from "./cors.ts";
import { securityHeaders } from "./security-headers.ts";
import { discardRest } from "./unread-body.ts";

/** An error as it is answered. */
export interface ErrorAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

export interface AppOptions {
  readonly serverFactory: FastifyServerFactory;
  readonly log: Log;
  /** The request's id, given the one that the client sent, if any. */
  readonly requestId: (sent: string | undefined) => string;
  readonly encodeError: (error: unknown, requestId: string) => ErrorAnswer;
  /** The error of an address where nothing is. */
  readonly notFound: () => Error;
  /** The error of a method that HTTP does not know; over HTTP/1.1 none comes as far as here. */
  readonly unknownMethod: () => Error;
  /** Whether callers reach it by TLS. */
  readonly isHttps?: boolean;
  /** The origins whose pages may call; `*` for all. */
  readonly corsOrigins?: readonly string[];
}

/** An error is of its caller and its moment alone, on every path: a cache must not keep it (RFC 9111). */
export const uncached = { "cache-control": "no-store" } as const;

/** Bytes of a request's body, on every face. */
export const maxBodyBytes = 256 * 1024;

const knownMethods = new Set(METHODS);

/** The application, ready for its faces to be registered. */
export function createApp(options: AppOptions): FastifyInstance {
  const { log, encodeError } = options;
  const answer = (found: unknown, request: FastifyRequest, reply: FastifyReply) => {
    const error = knownMethods.has(request.method) ? found : options.unknownMethod();
    const { status, headers, body } = encodeError(error, request.id);
    const { traceparent: sent } = request.headers;
    const traceparent = traceparentOf(Array.isArray(sent) ? sent[0] : sent);
    const facts = { requestId: request.id, ...(traceparent && { traceparent }), status };
    if (status === 500) log.error({ ...facts, err: error }, "request failed");
    else log.debug(facts, "request refused");
    discardRest(request, reply);
    return reply
      .code(status)
      .headers({ ...uncached, ...headers, "x-request-id": request.id })
      .type("application/json; charset=utf-8")
      .send(JSON.stringify(body));
  };
  const app = fastify({
    // What the router itself refuses, such as a path that cannot be decoded.
    frameworkErrors: answer,
    serverFactory: options.serverFactory,
    bodyLimit: maxBodyBytes,
    genReqId: (request) => {
      const sent = request.headers["x-request-id"];
      return options.requestId(Array.isArray(sent) ? sent[0] : sent);
    },
    routerOptions: { maxParamLength: 512 },
    forceCloseConnections: false,
    exposeHeadRoutes: false,
  });
  const security = securityHeaders(options.isHttps ?? false);
  app.addHook("onRequest", (request, reply, done) => {
    reply.header("x-request-id", request.id).headers(security);
    // Over HTTP/1.1 only one that was refused in the middle is left; those end as errors.
    if (request.raw.httpVersionMajor === 2) discardRest(request, reply);
    done();
  });
  allowOrigins(app, options.corsOrigins ?? []);
  app.setErrorHandler(answer);
  app.setNotFoundHandler(() => {
    throw options.notFound();
  });
  return app;
}
