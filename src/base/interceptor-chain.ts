/**
 * A method of an implementation behind its interceptors, called without a wire in between: what the REST face
 * and the gRPC port have in common. No message is serialized, and a stream that is given up really ends its
 * generator. The chain is put together once for each method.
 */
import { create, type DescMessage, type DescMethod, type Message } from "@bufbuild/protobuf";
import {
  createContextKey,
  type HandlerContext,
  type Interceptor,
  type StreamResponse,
  type UnaryResponse,
} from "@connectrpc/connect";

type Implementation = Readonly<
  Record<string, ((request: Message, context: HandlerContext) => unknown) | undefined>
>;
type Next = Parameters<Interceptor>[0];
type Request = Parameters<Next>[0];

export type ChainResponse = UnaryResponse | StreamResponse;

/** Calls the method with a message of its input; what it rejects with is what the outermost interceptor threw. */
export type ChainedMethod = (context: HandlerContext, message: Message) => Promise<ChainResponse>;

/** What the call is, for the end of the chain: an interceptor may have copied the request. */
const contextKey = createContextKey<HandlerContext | null>(null, { description: "call" });

/**
 * The method as it is called on any face.
 * @throws TypeError for a method that streams requests, or is not implemented
 */
export function chainedMethod(
  method: DescMethod,
  implementation: object,
  interceptors: readonly Interceptor[],
): ChainedMethod {
  const { methodKind } = method;
  const name = `${method.parent.typeName}.${method.name}`;
  const found = (implementation as Implementation)[method.localName]?.bind(implementation);
  if (found === undefined) throw new TypeError(`${name} is not implemented`);
  if (methodKind !== "unary" && methodKind !== "server_streaming") {
    throw new TypeError(`${name}: requests in streams`);
  }
  const stream = methodKind === "server_streaming";
  const last: Next = async (request) => {
    const context = request.contextValues.get(contextKey);
    if (context === null) throw new TypeError(`${name}: an interceptor lost the context values`);
    if (!request.stream) {
      const answer = (await found(request.message, context)) as Message;
      return responseOf(context, false, complete(method.output, answer)) as UnaryResponse;
    }
    const messages = found(await first(request.message), context) as AsyncIterable<Message>;
    return responseOf(context, true, completeEach(method.output, messages)) as StreamResponse;
  };
  const chain = interceptors.reduceRight((next, wrap) => wrap(next), last);
  return (context, message) => {
    const { requestMethod, url, signal, requestHeader: header, values } = context;
    const sent = stream ? once(message) : message;
    const contextValues = values.set(contextKey, context);
    const { parent: service } = method;
    return chain({
      stream,
      service,
      method,
      requestMethod,
      url,
      signal,
      header,
      contextValues,
      message: sent,
    } as Request);
  };
}

function responseOf(context: HandlerContext, stream: boolean, message: unknown): unknown {
  const { service, method, responseHeader: header, responseTrailer: trailer } = context;
  return { service, method, header, trailer, stream, message };
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
