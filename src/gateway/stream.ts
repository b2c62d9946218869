/**
 * A server stream over HTTP: Server-Sent Events (WHATWG HTML, section 9.2) or newline-delimited JSON. A
 * comment or an empty line every 15 s keeps the connection; an error in the middle is a last event with
 * the envelope, never silence.
 */
import type { ServerResponse } from "node:http";
import type { DescMessage, Message } from "@bufbuild/protobuf";
import type { StreamFraming } from "../../gen/gateway/v1/annotations_pb.ts";
import type { Clock } from "../base/clock.ts";
import { printMessage } from "./print.ts";

export type Framing = "sse" | "ndjson";

const contentTypes: Readonly<Record<Framing, string>> = {
  sse: "text/event-stream; charset=utf-8",
  ndjson: "application/x-ndjson; charset=utf-8",
};

/** How soon a client that lost its connection comes again, in milliseconds. */
const retryMs = 1_000;

export interface StreamOptions {
  readonly framing: Framing;
  readonly stream: StreamFraming;
  readonly output: DescMessage;
  readonly headers: Readonly<Record<string, string>>;
  readonly heartbeatMs: number;
  readonly clock: Clock;
  /** The envelope of an error. */
  readonly encodeError: (error: unknown) => unknown;
  /** Aborts when the client goes away. */
  readonly gone: AbortSignal;
}

/**
 * Writes every message and ends the response. The first message has been asked for already, so that an
 * error before it could still be an ordinary answer.
 */
export async function writeStream(
  response: ServerResponse,
  first: Promise<IteratorResult<Message>>,
  messages: AsyncIterator<Message>,
  options: StreamOptions,
): Promise<void> {
  const { framing, headers, gone } = options;
  response.writeHead(200, {
    ...headers,
    "content-type": contentTypes[framing],
    "cache-control": "no-cache, no-transform",
    "x-accel-buffering": "no",
  });
  if (framing === "sse") response.write(`retry: ${retryMs}\n\n`);
  else response.flushHeaders();
  const heartbeat = beat(response, options);
  try {
    for (let next = await first; !next.done && !gone.aborted; next = await messages.next()) {
      await write(response, frame(next.value, options), gone);
    }
  } catch (error) {
    if (!gone.aborted) await write(response, frameError(options.encodeError(error), framing), gone);
  } finally {
    heartbeat.abort();
    await messages.return?.();
    response.end();
  }
}

function frame(message: Message, { framing, stream, output }: StreamOptions): string {
  const printed = printMessage(output, message) as Record<string, unknown>;
  const data = JSON.stringify(printed);
  if (framing === "ndjson") return `${data}\n`;
  const id = stream.idField === "" ? "" : `id: ${String(printed[stream.idField])}\n`;
  const event = stream.event === "" ? "" : `event: ${stream.event}\n`;
  return `${id}${event}data: ${data}\n\n`;
}

function frameError(envelope: unknown, framing: Framing): string {
  const data = JSON.stringify(envelope);
  return framing === "ndjson" ? `${data}\n` : `event: error\ndata: ${data}\n\n`;
}

/** Waits until a slow reader has room again, or is gone: that bounds what is kept for it. */
async function write(response: ServerResponse, text: string, gone: AbortSignal): Promise<void> {
  if (response.write(text) || gone.aborted) return;
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
function beat(response: ServerResponse, options: StreamOptions): AbortController {
  const { clock, heartbeatMs, framing, gone } = options;
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
