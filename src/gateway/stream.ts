/**
 * A server stream over HTTP: Server-Sent Events (WHATWG HTML, section 9.2) or newline-delimited JSON. A
 * comment or an empty line every 15 s keeps the connection; an error in the middle is a last event with
 * the envelope, never silence.
 *
 * The response starts with the first message, so that an error before it is an ordinary answer, or after
 * a second without one. A slow reader is waited for, which bounds what is kept for it; one that has
 * left ends the generator.
 */
import type { ServerResponse } from "node:http";
import type { Message } from "@bufbuild/protobuf";
import type { StreamResponse } from "@connectrpc/connect";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Lifetime } from "./lifetime.ts";
import { textAt } from "./location.ts";
import type { GatewayOptions } from "./options.ts";
import { copyHeaders } from "./response-headers.ts";
import type { Route } from "./routes.ts";

export type FramingName = "sse" | "ndjson";

const contentTypes: Readonly<Record<FramingName, string>> = {
  sse: "text/event-stream; charset=utf-8",
  ndjson: "application/x-ndjson; charset=utf-8",
};

/** How soon a client that lost its connection comes again, in milliseconds. */
const retryMs = 1_000;

/** How often a quiet stream is kept alive, in milliseconds. */
export const defaultHeartbeatMs = 15_000;

/** How long the headers of a stream wait for its first message, in milliseconds. */
const mostWaitForFirstMs = 1_000;

interface Exchange {
  readonly route: Route;
  readonly framing: FramingName;
  readonly lifetime: Lifetime;
  readonly options: GatewayOptions;
}

/**
 * Answers with every message of the stream.
 * @throws what the stream throws before its first message
 */
export async function serveStream(
  request: FastifyRequest,
  reply: FastifyReply,
  response: StreamResponse,
  context: Exchange,
): Promise<void> {
  const { framing, options } = context;
  const { signal } = context.lifetime;
  const messages = response.message[Symbol.asyncIterator]() as AsyncIterator<Message>;
  try {
    const first = context.lifetime.bound(messages.next());
    // Whoever awaits it later hears of a failure; until then, or after HEAD, it is no crash.
    first.catch(() => undefined);
    const begun = await settledOrQuiet(first, signal, options);
    copyHeaders(response.header, reply);
    // An event source that is told 204 does not come again.
    const resumes = request.headers["last-event-id"] !== undefined;
    if (begun?.done === true && resumes) return void reply.code(204).send();
    reply.headers({
      "content-type": contentTypes[framing],
      "cache-control": "no-cache, no-transform",
      "x-accel-buffering": "no",
    });
    if (request.method === "HEAD") {
      context.lifetime.end();
      return void reply.code(200).send();
    }
    reply.hijack();
    await writeAll(begin(reply, framing), first, messages, request, context);
  } finally {
    // Not awaited: a generator that does not heed its signal ends with its next message.
    void Promise.resolve(messages.return?.()).catch(() => undefined);
  }
}

/** The first message, or null when there is none for a while. */
async function settledOrQuiet(
  first: Promise<IteratorResult<Message>>,
  signal: AbortSignal,
  { clock, heartbeatMs = defaultHeartbeatMs }: GatewayOptions,
): Promise<IteratorResult<Message> | null> {
  const settled = new AbortController();
  const ends = AbortSignal.any([settled.signal, signal]);
  const waitMs = Math.min(heartbeatMs, mostWaitForFirstMs);
  const quiet = clock.sleep(waitMs, ends).then(() => (ends.aborted ? first : null));
  return Promise.race([first, quiet]).finally(() => settled.abort());
}

function begin(reply: FastifyReply, framing: FramingName): ServerResponse {
  reply.raw.writeHead(200, reply.getHeaders() as Record<string, string>);
  if (framing === "sse") reply.raw.write(`retry: ${retryMs}\n\n`);
  else reply.raw.flushHeaders();
  return reply.raw;
}

async function writeAll(
  response: ServerResponse,
  first: Promise<IteratorResult<Message>>,
  messages: AsyncIterator<Message>,
  request: FastifyRequest,
  { route, framing, lifetime, options }: Exchange,
): Promise<void> {
  const { signal } = lifetime;
  const heartbeat = beat(response, framing, signal, options);
  try {
    for (let next = await first; !next.done; next = await lifetime.bound(messages.next())) {
      await write(response, frame(next.value, route, framing), signal);
    }
  } catch (error) {
    if (!lifetime.left) response.write(frameError(options.encodeError(error, request), framing));
  } finally {
    heartbeat.abort();
    if (!lifetime.left) response.end();
  }
}

function frame(message: Message, { stream, print }: Route, framing: FramingName): string {
  const data = print(message);
  if (framing === "ndjson") return `${data}\n`;
  const value = textAt(message, stream?.idPath);
  const id = value === undefined ? "" : `id: ${value.replace(/[\r\n\0]/g, "")}\n`;
  const event = stream?.event ? `event: ${stream.event}\n` : "";
  return `${id}${event}data: ${data}\n\n`;
}

function frameError(envelope: unknown, framing: FramingName): string {
  const data = JSON.stringify(envelope);
  return framing === "ndjson" ? `${data}\n` : `event: error\ndata: ${data}\n\n`;
}

/** Waits until a slow reader has room again, or `signal` aborts: that bounds what is kept for it. */
async function write(response: ServerResponse, text: string, signal: AbortSignal): Promise<void> {
  if (signal.aborted || response.write(text)) return;
  await new Promise<void>((resolve) => {
    const done = () => {
      response.off("drain", done);
      signal.removeEventListener("abort", done);
      resolve();
    };
    response.once("drain", done);
    signal.addEventListener("abort", done, { once: true });
  });
}

/** Writes something harmless at every interval until it is aborted. */
function beat(
  response: ServerResponse,
  framing: FramingName,
  signal: AbortSignal,
  { clock, heartbeatMs = defaultHeartbeatMs }: GatewayOptions,
): AbortController {
  const stop = new AbortController();
  const ends = AbortSignal.any([stop.signal, signal]);
  void (async () => {
    for (;;) {
      await clock.sleep(heartbeatMs, ends);
      if (ends.aborted) return;
      if (!response.writableNeedDrain) response.write(framing === "sse" ? ":\n\n" : "\n");
    }
  })();
  return stop;
}
