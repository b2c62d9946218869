/**
 * The gateway: serves a gRPC service as JSON over HTTP by its `google.api.http` annotations. It sees
 * descriptors and an implementation and knows nothing of what they are about.
 *
 * Order of checks: route, `authorize`, parse, validate, call.
 */
import { METHODS } from "node:http";
import type { DescMessage, DescMethod, DescService, Message } from "@bufbuild/protobuf";
import type { ContextValues, Interceptor } from "@connectrpc/connect";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Clock } from "../base/clock.ts";
import { negotiate } from "./accept.ts";
import { type Call, createCall, type Response } from "./call.ts";
import { type FieldViolation, GatewayError } from "./fault.ts";
import { expandPath } from "./path-template.ts";
import { printMessage } from "./print.ts";
import { type BuiltRequest, buildRequest } from "./request.ts";
import { fieldAt, type Match, type Route, Router, routesOf } from "./routes.ts";
import { type Framing, writeStream } from "./stream.ts";

export { type FieldViolation, GatewayError, type GatewayFault } from "./fault.ts";

export interface GatewayOptions {
  readonly service: DescService;
  readonly implementation: object;
  /** The same chain as on the RPC faces. */
  readonly interceptors: readonly Interceptor[];
  /** The values that a call begins with. */
  readonly contextValues: (request: FastifyRequest) => ContextValues;
  /** Asked before the body is parsed. */
  readonly authorize: (call: {
    readonly method: DescMethod;
    readonly header: Headers;
    readonly pathValues: ReadonlyMap<string, string>;
    readonly contextValues: ContextValues;
  }) => Promise<void>;
  /** What is wrong with a message that could be parsed, so that all violations come at once. */
  readonly validate: (schema: DescMessage, message: Message) => readonly FieldViolation[];
  /** The body of the answer to an error, for one in the middle of a stream. */
  readonly encodeError: (error: unknown, request: FastifyRequest) => unknown;
  /** What `Location` begins with; a path alone when empty. */
  readonly baseUrl: () => string;
  readonly clock: Clock;
  /** How often a quiet stream is kept alive, in milliseconds; default 15,000. */
  readonly heartbeatMs?: number;
}

const streamTypes = { "text/event-stream": "sse", "application/x-ndjson": "ndjson" } as const;

/**
 * Mounts every binding on `app`, whose error handler encodes what is thrown.
 * @throws Error when a binding cannot be served
 */
export function registerGateway(app: FastifyInstance, options: GatewayOptions): void {
  const routes = routesOf(options.service);
  const router = new Router(routes);
  const calls = new Map<DescMethod, Call>();
  for (const { service, method } of routes) {
    calls.set(method, createCall(service, method, options.implementation, options.interceptors));
  }
  addMethods(app, routes);
  app.register(async (scope) => {
    // The body is read as bytes, whatever its type says: the gateway judges the type itself.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) =>
      done(null, body),
    );
    scope.all("/*", {
      // The first two checks come before the body is read.
      onRequest: async (request) => {
        const admitted = await admit(request, router, options);
        admissions.set(request, admitted);
      },
      handler: async (request, reply) => {
        const admission = admissions.get(request);
        if (admission === undefined) throw new TypeError("a request that was not admitted");
        if (admission.match === null)
          return reply.code(204).header("allow", admission.allow).send();
        return handle(request, reply, admission.match, admission.values, calls, options);
      },
    });
  });
}

/** Custom methods that Fastify does not know by itself. */
function addMethods(app: FastifyInstance, routes: readonly Route[]): void {
  for (const { verb, template } of routes) {
    if (app.supportedMethods.includes(verb)) continue;
    if (!METHODS.includes(verb)) {
      throw new Error(`path template "${template.source}": HTTP has no method ${verb}`);
    }
    app.addHttpMethod(verb, { hasBody: true });
  }
}

interface Admission {
  /** Null for OPTIONS. */
  readonly match: Match | null;
  readonly allow: string;
  readonly values: ContextValues;
}

const admissions = new WeakMap<FastifyRequest, Admission>();

function pathOf(request: FastifyRequest): string {
  return request.url.split("?", 1)[0] ?? "";
}

function headersOf(request: FastifyRequest): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers)) {
    if (value === undefined || name.startsWith(":")) continue;
    headers.set(name, Array.isArray(value) ? value.join(", ") : value);
  }
  return headers;
}

async function admit(
  request: FastifyRequest,
  router: Router,
  options: GatewayOptions,
): Promise<Admission> {
  const values = options.contextValues(request);
  try {
    const match = router.find(request.method, pathOf(request));
    const { route, pathValues } = match;
    const header = headersOf(request);
    await options.authorize({ method: route.method, header, pathValues, contextValues: values });
    return { match, allow: "", values };
  } catch (error) {
    const isOptions = request.method === "OPTIONS" && error instanceof GatewayError;
    if (!isOptions || error.kind !== "method_not_allowed") throw error;
    return { match: null, allow: error.allow.join(", "), values };
  }
}

async function handle(
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
  const gone = goneSignal(reply);
  const call = calls.get(route.method);
  if (call === undefined) throw new TypeError(`no call of ${route.method.name}`);
  const { url } = request;
  const response = await call(built.message, { header, contextValues, signal: gone, url });
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

/** Aborts when the client leaves before the answer is complete. */
function goneSignal(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  reply.raw.once("close", () => {
    if (!reply.raw.writableFinished) gone.abort();
  });
  return gone.signal;
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
  const shown = route.responseBody === null ? printed : printed[route.responseBody.name];
  return reply
    .code(route.options?.successStatus || 200)
    .type("application/json; charset=utf-8")
    .send(JSON.stringify(shown));
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
  gone: AbortSignal,
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
  const quiet = options.clock.sleep(heartbeatMs, settled.signal).then(() => null);
  const begun = await Promise.race([first, quiet]).finally(() => settled.abort());
  if (begun?.done === true) return reply.code(204).send();
  const headers = Object.entries(reply.getHeaders()).map(([name, value]) => [name, String(value)]);
  if (request.method === "HEAD") {
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
    gone,
  });
  return reply;
}
