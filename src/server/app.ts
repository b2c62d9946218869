/**
 * The HTTP application that every face is mounted on: request ids, security headers, and one way for any
 * error to become an answer. What is mounted comes from the composition root.
 */
import fastify, {
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type FastifyServerFactory,
} from "fastify";
import type { Log } from "../base/log.ts";
import { traceparentOf } from "../base/trace-context.ts";

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
}

/** Bytes of a request's body, on every face. */
export const maxBodyBytes = 256 * 1024;

/** The application, ready for its faces to be registered. */
export function createApp(options: AppOptions): FastifyInstance {
  const { log, encodeError } = options;
  const answer = (error: unknown, request: FastifyRequest, reply: FastifyReply) => {
    const { status, headers, body } = encodeError(error, request.id);
    const { traceparent: sent } = request.headers;
    const traceparent = traceparentOf(Array.isArray(sent) ? sent[0] : sent);
    const facts = { requestId: request.id, ...(traceparent && { traceparent }), status };
    if (status === 500) log.error({ ...facts, err: error }, "request failed");
    else log.debug(facts, "request refused");
    return reply
      .code(status)
      .headers({ ...headers, "x-request-id": request.id })
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
  app.addHook("onRequest", async (request, reply) => {
    reply.header("x-request-id", request.id);
    reply.header("x-content-type-options", "nosniff");
  });
  app.setErrorHandler(answer);
  app.setNotFoundHandler(() => {
    throw options.notFound();
  });
  return app;
}
