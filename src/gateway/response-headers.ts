/** The headers that an implementation sets on its context → the HTTP response. */
import type { FastifyReply } from "fastify";

/** What says how the body is sent is the gateway's own. */
const own = new Set([
  "connection",
  "content-encoding",
  "content-length",
  "content-type",
  "keep-alive",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

export function copyHeaders(from: Headers, reply: FastifyReply): void {
  for (const [name, value] of from) if (!own.has(name)) reply.header(name, value);
}
