/** The answer of a unary call: status, `Location`, caching, the JSON and its content coding. */
import type { Message } from "@bufbuild/protobuf";
import type { FastifyReply, FastifyRequest } from "fastify";
import { entityTagOf, isNoneMatch } from "./conditional.ts";
import { encode, leastEncodedBytes, negotiateCoding } from "./content-coding.ts";
import type { Route } from "./routes.ts";

export interface Answer {
  readonly route: Route;
  /** The request's message, for what `Location` takes from it. */
  readonly sent: Message;
  readonly message: Message;
  readonly baseUrl: string;
}

/**
 * Sends `message`. A GET that succeeds has an `ETag` over the body and may be 304 (RFC 9110, 15.4.5); it
 * may be kept by the client alone, and only to be asked for again.
 */
export function answer(
  request: FastifyRequest,
  reply: FastifyReply,
  { route, sent, message, baseUrl }: Answer,
): void | Promise<void> {
  const path = route.location?.(message, sent) ?? null;
  if (path !== null) reply.header("location", baseUrl + path);
  reply.code(route.successStatus);
  if (route.successStatus === 204) return void reply.send();
  const others = reply.getHeader("vary");
  reply.header("vary", others === undefined ? route.vary : `${others}, ${route.vary}`);
  const body = route.print(message);
  if (isSafe(request.method) && route.successStatus === 200) {
    const tag = entityTagOf(body);
    reply.headers({ etag: tag, "cache-control": "private, no-cache" });
    if (isNoneMatch(request.headers["if-none-match"], tag)) return void reply.code(304).send();
  }
  reply.type("application/json; charset=utf-8");
  const coding =
    body.length < leastEncodedBytes
      ? "identity"
      : negotiateCoding(request.headers["accept-encoding"]?.toString());
  if (coding === "identity") return void reply.send(body);
  return encode(body, coding).then((encoded) => {
    reply.header("content-encoding", coding).send(encoded);
  });
}

function isSafe(method: string): boolean {
  return method === "GET" || method === "HEAD";
}
