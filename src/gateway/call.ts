/**
 * Calls the implementation directly, through the same interceptor chain as the RPC faces: no message is
 * serialized on the way, and a cancelled stream really ends its generator.
 */
import {
  create,
  type DescMessage,
  type DescMethod,
  type DescService,
  type Message,
} from "@bufbuild/protobuf";
import {
  type ContextValues,
  createContextKey,
  type HandlerContext,
  type Interceptor,
  type StreamResponse,
  type UnaryResponse,
} from "@connectrpc/connect";
import type { Lifetime } from "./lifetime.ts";

type Method = (request: Message, context: HandlerContext) => unknown;
type Next = Parameters<Interceptor>[0];
type Request = Parameters<Next>[0];

export interface CallOptions {
  readonly header: Headers;
  readonly contextValues: ContextValues;
  readonly lifetime: Lifetime;
  readonly url: string;
}

export type Response = UnaryResponse | StreamResponse;
export type Call = (message: Message, options: CallOptions) => Promise<Response>;

/** How to call one method of an implementation. */
export function createCall(
  service: DescService,
  method: DescMethod,
  implementation: object,
  interceptors: readonly Interceptor[],
): Call {
  const found = (implementation as Readonly<Record<string, Method | undefined>>)[method.localName];
  if (found === undefined) throw new Error(`${service.typeName}.${method.name} is not implemented`);
  const invoke: Method = (request, context) => found.call(implementation, request, context);
  const last: Next = async (request) => respond(request, contextOf(request), invoke);
  const chain = [...interceptors].reverse().reduce((next, wrap) => wrap(next), last);
  const stream = method.methodKind !== "unary";
  return (message, { header, contextValues, lifetime, url }) =>
    chain({
      stream,
      service,
      method,
      requestMethod: "POST",
      url,
      get signal() {
        return lifetime.signal;
      },
      header,
      contextValues: contextValues.set(lifetimeKey, lifetime),
      message: stream ? once(message) : message,
    } as Request);
}

const lifetimeKey = createContextKey<Lifetime | null>(null, { description: "lifetime" });

/** As Connect makes it for the RPC faces, but without timers and signals of its own. */
function contextOf(request: Request): HandlerContext {
  const { service, method, requestMethod, url, header, contextValues } = request;
  let trailer: Headers | undefined;
  return {
    service,
    method,
    protocolName: "rest",
    requestMethod,
    url,
    get signal() {
      return request.signal;
    },
    timeoutMs: () => contextValues.get(lifetimeKey)?.remainingMs(),
    requestHeader: header,
    responseHeader: new Headers(),
    get responseTrailer() {
      trailer ??= new Headers();
      return trailer;
    },
    values: contextValues,
  };
}

async function respond(
  request: Request,
  context: HandlerContext,
  invoke: Method,
): Promise<Response> {
  const { method } = context;
  const sent = request.stream ? await first(request.message) : request.message;
  const result = invoke(sent as Message, context);
  if (method.methodKind === "unary") {
    const message = complete(method.output, (await result) as Message);
    return responseOf(context, false, message) as UnaryResponse;
  }
  const messages = completeEach(method.output, result as AsyncIterable<Message>);
  return responseOf(context, true, messages) as StreamResponse;
}

function responseOf(context: HandlerContext, stream: boolean, message: unknown): unknown {
  return {
    service: context.service,
    method: context.method,
    header: context.responseHeader,
    get trailer() {
      return context.responseTrailer;
    },
    stream,
    message,
  };
}

/** An implementation may answer the shape of a message instead of one. */
function complete(schema: DescMessage, message: Message): Message {
  return "$typeName" in message ? message : create(schema, message);
}

async function* completeEach(schema: DescMessage, messages: AsyncIterable<Message>) {
  for await (const message of messages) yield complete(schema, message);
}

async function* once<T>(value: T) {
  yield value;
}

async function first<T>(values: AsyncIterable<T>): Promise<T> {
  for await (const value of values) return value;
  throw new TypeError("a server stream needs one request");
}
