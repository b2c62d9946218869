/**
 * What is left of a body that was refused or that nobody asked for would hold up the next request of its
 * connection, and on HTTP/2 its client, who waits to send the rest. Over HTTP/1.1 Node discards what nobody began
 * to read; but a reader that was given up may still listen, and then nothing flows.
 */
import type { Writable } from "node:stream";
import type { FastifyReply, FastifyRequest } from "fastify";

/** Discards what the body still brings once the answer is sent. */
export function discardRest({ raw }: FastifyRequest, reply: FastifyReply): void {
  if (raw.complete) return;
  // Node's compatible response of HTTP/2 finishes only once its stream is closed, and that waits for this.
  const { stream = reply.raw } = reply.raw as { stream?: Writable };
  stream.once("finish", () => {
    if (raw.complete) return;
    // Only where there are any: to remove none stops a flow that has begun, one tick later.
    if (raw.listenerCount("readable") > 0) raw.removeAllListeners("readable");
    raw.resume();
  });
}
