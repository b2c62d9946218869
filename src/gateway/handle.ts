/** One admitted request: negotiate, build the message, validate, call, answer. */
import type { DescMessage, DescMethod, Message } from "@bufbuild/protobuf";
import type { ContextValues } from "@connectrpc/connect";
import type { FastifyReply, FastifyRequest } from "fastify";
import { negotiate } from "./accept.ts";
import { headersOf } from "./admission.ts";
import type { Call, Response } from "./call.ts";
import { GatewayError } from "./fault.ts";
import type { GatewayOptions } from "./options.ts";
import { expandPath } from "./path-template.ts";
import { printMessage } from "./print.ts";
import { type BuiltRequest, buildRequest } from "./request.ts";
import { fieldAt, type Match } from "./routes.ts";
import { type Framing, writeStream } from "./stream.ts";

/** How long the headers of a stream wait for its first message, in milliseconds. */
const mostWaitForFirstMs = 1_000;

const streamTypes = { "text/event-stream": "sse", "application/x-ndjson": "ndjson" } as const;

/** Answers the request; what it throws is the error handler's to encode. */
export async function handle(
  request: FastifyRequest,
  reply: FastifyReply,
  match: Match,
  contextValues: ContextValues,
  calls: ReadonlyMap<DescMethod, Call>,
  options: GatewayOptions,
): Promise<FastifyReply> {
  const { route } = match;
  const header = headersOf(request);
  const framing = framingOf(match, header);
  const query = new URLSearchParams(request.url.split("?").slice(1).join("?"));
  const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
  const built = buildRequest({ match, header, query, body });
  refuse(match, built, options);
  const gone = goneController(reply);
  const call = calls.get(route.method);
  if (call === undefined) throw new TypeError(`no call of ${route.method.name}`);
  const { url } = request;
  const { signal } = gone;
  const response = await call(built.message, { header, contextValues, signal, url });
  if (built.preferences.length > 0) {
    reply.header("preference-applied", built.preferences.join(", "));
  }
  for (const [name, value] of response.header) reply.header(name, value);
  if (framing === null) return answer(reply, match, built.message, response, options);
  return stream(request, reply, match, response, framing, gone, options);
}

/** @throws GatewayError not_acceptable */
function framingOf(match: Match, header: Headers): Framing | null {
  const accept = header.get("accept");
  const isStream = match.route.method.methodKind !== "unary";
  const type = isStream
    ? negotiate(accept, ["text/event-stream", "application/x-ndjson"])
    : negotiate(accept, ["application/json"]);
  if (type === null) {
    const offered = isStream ? "text/event-stream and application/x-ndjson" : "application/json";
    throw new GatewayError(
      "not_acceptable",
      `The answer comes as ${offered}; see the Accept header`,
    );
  }
  return type === "application/json" ? null : streamTypes[type];
}

/** Lists what could not be parsed and what is not valid together; one violation a field is enough. */
function refuse(match: Match, built: BuiltRequest, options: GatewayOptions): void {
  const flagged = new Set(built.violations.map(({ field }) => field));
  const more = options
    .validate(match.route.method.input, built.message)
    .filter(({ field }) => !flagged.has(field) && !flagged.has(field.split(/[.[]/)[0] ?? ""));
  const violations = [...built.violations, ...more];
  if (violations.length > 0) {
    throw new GatewayError("invalid", "One or more fields are not valid; see details.violations", {
      violations,
    });
  }
}

/** Aborts when the client leaves before the answer is complete; it may have left already. */
function goneController(reply: FastifyReply): AbortController {
  const { raw } = reply;
  const gone = new AbortController();
  // A closed HTTP/2 response calls itself finished, whoever closed it, but ended only if we ended it.
  raw.once("close", () => {
    if (!raw.writableEnded) gone.abort();
  });
  // Nor does it have a socket any more.
  if (raw.destroyed || raw.socket?.destroyed !== false) gone.abort();
  return gone;
}

function answer(
  reply: FastifyReply,
  { route }: Match,
  sent: Message,
  response: Response,
  options: GatewayOptions,
): FastifyReply {
  const { output, input } = route.method;
  const message = response.message as Message;
  const printed = printMessage(output, message) as Record<string, unknown>;
  if (route.location !== null) {
    const path = expandPath(route.location, (field) => {
      return textAt(output, message, field) ?? textAt(input, sent, field);
    });
    if (path !== null) reply.header("location", options.baseUrl() + path);
  }
  const status = route.options?.successStatus || 200;
  if (status === 204) return reply.code(status).send();
  const shown = route.responseBody === null ? printed : printed[route.responseBody.name];
  return reply.code(status).type("application/json; charset=utf-8").send(JSON.stringify(shown));
}

function textAt(schema: DescMessage, message: Message, path: string): string | undefined {
  const field = fieldAt(schema, path);
  if (field === undefined || path.includes(".")) return undefined;
  const value = (message as unknown as Record<string, unknown>)[field.localName];
  return value === undefined ? undefined : String(value);
}

async function stream(
  request: FastifyRequest,
  reply: FastifyReply,
  { route }: Match,
  response: Response,
  framing: Framing,
  gone: AbortController,
  options: GatewayOptions,
): Promise<FastifyReply> {
  if (!response.stream || route.options?.stream === undefined) {
    throw new TypeError(`${route.method.name} is no stream`);
  }
  const messages = response.message[Symbol.asyncIterator]() as AsyncIterator<Message>;
  const first = messages.next();
  const heartbeatMs = options.heartbeatMs ?? 15_000;
  // An error before the first message is an ordinary answer, unless the client would wait too long.
  const settled = new AbortController();
  const waitMs = Math.min(heartbeatMs, mostWaitForFirstMs);
  const quiet = options.clock.sleep(waitMs, settled.signal).then(() => null);
  const begun = await Promise.race([first, quiet]).finally(() => settled.abort());
  if (begun?.done === true) return reply.code(204).send();
  const headers = Object.entries(reply.getHeaders()).map(([name, value]) => [name, String(value)]);
  if (request.method === "HEAD") {
    gone.abort();
    await messages.return?.();
    return reply.type("text/event-stream; charset=utf-8").send();
  }
  reply.hijack();
  await writeStream(reply.raw, first, messages, {
    framing,
    stream: route.options.stream,
    output: route.method.output,
    headers: Object.fromEntries(headers) as Record<string, string>,
    heartbeatMs,
    clock: options.clock,
    encodeError: (error) => options.encodeError(error, request),
    gone: gone.signal,
  });
  return reply;
}
