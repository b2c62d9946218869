/**
 * Cross-origin requests (CORS, in the Fetch standard) from the pages of origins on a list. Credentials in the
 * browser's sense, which are cookies, are never allowed and there are none: a page must have a key to send.
 *
 * Only a preflight is answered here: an OPTIONS with an `Origin` on the list and the method it asks for. Every
 * other request goes its way, also an OPTIONS that asks what a path allows.
 */
import { cors } from "@connectrpc/connect";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

const allowedMethods = [...new Set(["GET", "HEAD", "POST", "DELETE", ...cors.allowedMethods])];

/** What a page may send beside what every page may. */
const allowedHeaders = [
  ...cors.allowedHeaders,
  "Authorization",
  "Idempotency-Key",
  "If-None-Match",
  "If-Range",
  "Last-Event-ID",
  "Prefer",
  "Range",
  "Traceparent",
  "Tracestate",
  "X-API-Key",
  "X-Request-Id",
  "X-Request-Timeout",
];

/** What a page may read beside what every page may. */
const exposedHeaders = [
  ...cors.exposedHeaders,
  "Accept-Ranges",
  "Allow",
  "Content-Disposition",
  "Content-Range",
  "ETag",
  "Location",
  "Preference-Applied",
  "RateLimit",
  "RateLimit-Policy",
  "Retry-After",
  "WWW-Authenticate",
  "X-Request-Id",
];

/** How long a browser may remember a preflight, in seconds; Chromium keeps none longer. */
const maxAgeSeconds = 7_200;

const preflightHeaders = {
  "access-control-allow-methods": allowedMethods.join(", "),
  "access-control-allow-headers": allowedHeaders.join(", "),
  "access-control-max-age": String(maxAgeSeconds),
};
const exposed = exposedHeaders.join(", ");

/**
 * Lets the pages of `origins` call every route of `app`.
 * @param origins such as `https://app.example`; `*` for all
 */
export function allowOrigins(app: FastifyInstance, origins: readonly string[]): void {
  if (origins.length === 0) return;
  const isForAll = origins.includes("*");
  const list = new Set(origins);
  app.addHook("onRequest", async (request, reply) => {
    const { origin } = request.headers;
    // Said to everyone, so that no cache gives one origin's answer to another.
    if (!isForAll) reply.header("vary", "Origin");
    if (origin === undefined || !(isForAll || list.has(origin))) return;
    reply.header("access-control-allow-origin", isForAll ? "*" : origin);
    if (isPreflight(request)) return answerPreflight(reply);
    reply.header("access-control-expose-headers", exposed);
  });
}

function isPreflight({ method, headers }: FastifyRequest): boolean {
  return method === "OPTIONS" && headers["access-control-request-method"] !== undefined;
}

function answerPreflight(reply: FastifyReply): FastifyReply {
  return reply.code(204).headers(preflightHeaders).send();
}
