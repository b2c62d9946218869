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

const defaultHeartbeatMs = 15_000;

/** How long the headers of a stream wait for its first message, in milliseconds. */
const mostWaitForFirstMs = 1_000;

interface Exchange {
  readonly route: Route;
  readonly framing: FramingName;
  /** Aborts when the client goes away, or has all that it asked for. */
  readonly gone: AbortController;
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
): Promise<FastifyReply> {
  const { framing, options } = context;
  const gone = context.gone.signal;
  const messages = response.message[Symbol.asyncIterator]() as AsyncIterator<Message>;
  try {
    const first = nextUnlessGone(messages, gone);
    // Whoever awaits it later hears of a failure; until then, or after HEAD, it is no crash.
    first.catch(() => undefined);
    const begun = await settledOrQuiet(first, gone, options);
    copyHeaders(response.header, reply);
    // An event source that is told 204 does not come again.
    const resumes = request.headers["last-event-id"] !== undefined;
    if (begun?.done === true && resumes) return reply.code(204).send();
    reply.headers({
      "content-type": contentTypes[framing],
      "cache-control": "no-cache, no-transform",
      "x-accel-buffering": "no",
    });
    if (request.method === "HEAD") {
      context.gone.abort();
      return reply.code(200).send();
    }
    reply.hijack();
    await writeAll(begin(reply, framing), first, messages, request, context);
    return reply;
  } finally {
    // Not awaited: a generator that does not heed its signal ends with its next message.
    void Promise.resolve(messages.return?.()).catch(() => undefined);
  }
}

/** The first message, or null when there is none for a while. */
async function settledOrQuiet(
  first: Promise<IteratorResult<Message>>,
  gone: AbortSignal,
  { clock, heartbeatMs = defaultHeartbeatMs }: GatewayOptions,
): Promise<IteratorResult<Message> | null> {
  const settled = new AbortController();
  const ends = AbortSignal.any([settled.signal, gone]);
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
  { route, framing, gone: { signal: gone }, options }: Exchange,
): Promise<void> {
  const heartbeat = beat(response, framing, gone, options);
  try {
    for (let next = await first; !next.done; next = await nextUnlessGone(messages, gone)) {
      await write(response, frame(next.value, route, framing), gone);
    }
  } catch (error) {
    if (!gone.aborted) {
      await write(response, frameError(options.encodeError(error, request), framing), gone);
    }
  } finally {
    heartbeat.abort();
    if (!gone.aborted) response.end();
  }
}

/** The next message; rejects at once when the client goes away, whatever the generator does. */
function nextUnlessGone(
  messages: AsyncIterator<Message>,
  gone: AbortSignal,
): Promise<IteratorResult<Message>> {
  return new Promise((resolve, reject) => {
    const leave = () => reject(new Error("the client went away"));
    gone.addEventListener("abort", leave, { once: true });
    const next = messages.next();
    if (gone.aborted) leave();
    next.then(resolve, reject).finally(() => gone.removeEventListener("abort", leave));
  });
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

/** Waits until a slow reader has room again, or is gone: that bounds what is kept for it. */
async function write(response: ServerResponse, text: string, gone: AbortSignal): Promise<void> {
  if (gone.aborted || response.write(text)) return;
  await new Promise<void>((resolve) => {
    const done = () => {
      response.off("drain", done);
      gone.removeEventListener("abort", done);
      resolve();
    };
    response.once("drain", done);
    gone.addEventListener("abort", done, { once: true });
  });
}

/** Writes something harmless at every interval until it is aborted. */
function beat(
  response: ServerResponse,
  framing: FramingName,
  gone: AbortSignal,
  { clock, heartbeatMs = defaultHeartbeatMs }: GatewayOptions,
): AbortController {
  const stop = new AbortController();
  const ends = AbortSignal.any([stop.signal, gone]);
  void (async () => {
    for (;;) {
      await clock.sleep(heartbeatMs, ends);
      if (ends.aborted) return;
      if (!response.writableNeedDrain) response.write(framing === "sse" ? ":\n\n" : "\n");
    }
  })();
  return stop;
}
