/** One admitted request: negotiate, build the message, validate, call, answer. */
import type { DescMethod, Message } from "@bufbuild/protobuf";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { ChainedMethod } from "../base/interceptor-chain.ts";
import { negotiate } from "./accept.ts";
import type { Admission } from "./admission.ts";
import { answer } from "./answer.ts";
import { RestCall } from "./call.ts";
import { GatewayError } from "./fault.ts";
import type { GatewayOptions } from "./options.ts";
import { buildRequest, type RequestParts } from "./request.ts";
import { copyHeaders } from "./response-headers.ts";
import type { Route } from "./routes.ts";
import { type FramingName, serveStream } from "./stream.ts";

const noBody = Buffer.alloc(0);
const streamTypes = { "text/event-stream": "sse", "application/x-ndjson": "ndjson" } as const;

/** Answers the request; what it throws is the error handler's to encode. */
export async function handle(
  request: FastifyRequest,
  reply: FastifyReply,
  admission: Admission,
  methods: ReadonlyMap<DescMethod, ChainedMethod>,
  options: GatewayOptions,
): Promise<void> {
  const { route, lifetime } = admission;
  const framing = framingOf(route, admission.header);
  const built = buildRequest(route, partsOf(request, admission), options.validate);
  const method = methods.get(route.method);
  if (method === undefined) throw new TypeError(`no chain of ${route.method.name}`);
  admission.hasBegun = true;
  try {
    const call = new RestCall(route.method, request.url, admission);
    const response = await lifetime.inTime(method(call, built.message));
    if (built.preferences.length > 0) {
      reply.header("preference-applied", built.preferences.join(", "));
    }
    if (framing !== null && response.stream) {
      return await serveStream(request, reply, response, { route, framing, lifetime, options });
    }
    copyHeaders(response.header, reply);
    if (!lifetime.left) {
      await answer(request, reply, {
        route,
        sent: built.message,
        message: response.message as Message,
        baseUrl: options.baseUrl(),
      });
    }
  } catch (error) {
    if (!lifetime.left) throw error;
  }
  // Nobody is left to be told.
  if (lifetime.left) reply.hijack();
}

function partsOf(request: FastifyRequest, { pathValues, header }: Admission): RequestParts {
  const body = Buffer.isBuffer(request.body) ? request.body : noBody;
  return { pathValues, header, query: queryOf(request.url), body };
}

function queryOf(url: string): string {
  const start = url.indexOf("?");
  return start < 0 ? "" : (url.slice(start + 1).split("#", 1)[0] ?? "");
}

/** @throws GatewayError not_acceptable */
function framingOf(route: Route, header: Headers): FramingName | null {
  const accept = header.get("accept");
  const type = route.stream
    ? negotiate(accept, ["text/event-stream", "application/x-ndjson"])
    : negotiate(accept, ["application/json"]);
  if (type === null) {
    const offered = route.stream
      ? "text/event-stream and application/x-ndjson"
      : "application/json";
    throw new GatewayError(
      "not_acceptable",
      `The answer comes as ${offered}; see the Accept header`,
    );
  }
  return type === "application/json" ? null : streamTypes[type];
}
