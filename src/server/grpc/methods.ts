/**
 * The methods of a service for grpc-js, from its descriptor: messages by `fromBinary` and `toBinary`, calls
 * through the same interceptor chain as on the other faces.
 */
import {
  create,
  type DescMessage,
  type DescMethod,
  type DescService,
  fromBinary,
  type Message,
  toBinary,
} from "@bufbuild/protobuf";
import type {
  ContextValues,
  HandlerContext,
  Interceptor,
  StreamResponse,
  UnaryResponse,
} from "@connectrpc/connect";
import {
  type handleServerStreamingCall,
  type handleUnaryCall,
  Metadata,
  type MethodDefinition,
  type ServiceDefinition,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import type { Clock } from "../../base/clock.ts";
import { GrpcCall } from "./call.ts";
import { addHeaders, statusOf } from "./status.ts";

export interface GrpcService {
  readonly service: DescService;
  readonly implementation: object;
  readonly interceptors: readonly Interceptor[];
  /**
   * The values of a call; `unreadable` is why its message could not be read, for the chain to throw once it
   * knows who calls.
   */
  readonly contextValues: (unreadable: unknown) => ContextValues;
}

/** A request as it was read; grpc-js takes what `deserialize` throws out of our hands. */
interface Received {
  readonly message: Message;
  /** Why there is nothing in the message; null when it was read. */
  readonly unreadable: unknown;
}

type Next = Parameters<Interceptor>[0];
type Implementation = Readonly<
  Record<string, (request: Message, context: HandlerContext) => unknown>
>;

/**
 * What `addService` of grpc-js takes.
 * @throws TypeError for a method that streams requests, or is not implemented
 */
export function methodsOf(
  service: GrpcService,
  clock: Clock,
): { definition: ServiceDefinition; handlers: UntypedServiceImplementation } {
  const definition: Record<string, MethodDefinition<Received, Message>> = {};
  const handlers: Record<string, UntypedServiceImplementation[string]> = {};
  for (const method of service.service.methods) {
    const { localName, methodKind } = method;
    if (!(localName in service.implementation)) {
      throw new TypeError(`${service.service.typeName}.${method.name} is not implemented`);
    }
    if (methodKind !== "unary" && methodKind !== "server_streaming") {
      throw new TypeError(`${service.service.typeName}.${method.name}: requests in streams`);
    }
    definition[localName] = definitionOf(method);
    handlers[localName] =
      methodKind === "unary" ? unary(method, service, clock) : stream(method, service, clock);
  }
  return { definition, handlers };
}

function definitionOf(method: DescMethod): MethodDefinition<Received, Message> {
  const { input, output } = method;
  return {
    path: `/${method.parent.typeName}/${method.name}`,
    originalName: method.localName,
    requestStream: false,
    responseStream: method.methodKind === "server_streaming",
    requestSerialize: ({ message }) => bytesOf(input, message),
    requestDeserialize: (bytes) => receive(input, bytes),
    responseSerialize: (message) => bytesOf(output, message),
    responseDeserialize: (bytes) => fromBinary(output, bytes),
  };
}

function bytesOf(schema: DescMessage, message: Message): Buffer {
  const { buffer, byteOffset, byteLength } = toBinary(schema, message);
  return Buffer.from(buffer, byteOffset, byteLength);
}

function receive(schema: DescMessage, bytes: Uint8Array): Received {
  try {
    return { message: fromBinary(schema, bytes), unreadable: null };
  } catch (error) {
    return { message: create(schema), unreadable: error };
  }
}

function unary(
  method: DescMethod,
  service: GrpcService,
  clock: Clock,
): handleUnaryCall<Received, Message> {
  return (carried, callback) => {
    const { message, unreadable } = carried.request;
    const call = new GrpcCall(method, carried, service.contextValues(unreadable), clock);
    invoke(call, message, service).then(
      (response) => {
        call.end();
        carried.sendMetadata(addHeaders(new Metadata(), response.header));
        callback(null, response.message as Message, trailerOf(call));
      },
      (error: unknown) => {
        call.end();
        callback(statusOf(error));
      },
    );
  };
}

type CarriedStream = Parameters<handleServerStreamingCall<Received, Message>>[0];

function stream(
  method: DescMethod,
  service: GrpcService,
  clock: Clock,
): handleServerStreamingCall<Received, Message> {
  return (carried) => {
    const { message, unreadable } = carried.request;
    const call = new GrpcCall(method, carried, service.contextValues(unreadable), clock);
    sendAll(carried, call, message, service).then(
      () => {
        call.end();
        carried.end(trailerOf(call));
      },
      (error: unknown) => {
        call.end();
        carried.emit("error", statusOf(error));
      },
    );
  };
}

async function sendAll(
  carried: CarriedStream,
  call: GrpcCall,
  request: Message,
  service: GrpcService,
): Promise<void> {
  const response = await invoke(call, request, service);
  let begun = false;
  for await (const message of response.message as AsyncIterable<Message>) {
    if (!begun) carried.sendMetadata(addHeaders(new Metadata(), response.header));
    begun = true;
    await write(carried, message, call.signal);
    if (call.signal.aborted) break;
  }
  if (!begun) carried.sendMetadata(addHeaders(new Metadata(), response.header));
}

function trailerOf({ trailer }: GrpcCall): Metadata | undefined {
  return trailer === null ? undefined : addHeaders(new Metadata(), trailer);
}

/** Waits until the client's window had room for the message, or the call ended: bounds what is kept. */
function write(carried: CarriedStream, message: Message, ends: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      ends.removeEventListener("abort", done);
      resolve();
    };
    ends.addEventListener("abort", done);
    if (ends.aborted) done();
    else carried.write(message, done);
  });
}

function invoke(
  call: GrpcCall,
  message: Message,
  { implementation, interceptors }: GrpcService,
): Promise<UnaryResponse | StreamResponse> {
  const { service, method, url, requestMethod, requestHeader, values } = call;
  const streams = method.methodKind !== "unary";
  const last: Next = async (request) => {
    const sent = request.stream ? await first(request.message) : request.message;
    const result = (implementation as Implementation)[method.localName]!(sent as Message, call);
    const answer = streams
      ? completeEach(method.output, result as AsyncIterable<Message>)
      : complete(method.output, (await result) as Message);
    return {
      stream: streams,
      service,
      method,
      header: call.responseHeader,
      get trailer() {
        return call.responseTrailer;
      },
      message: answer,
    } as UnaryResponse;
  };
  const chain = interceptors.reduceRight((next, wrap) => wrap(next), last);
  return chain({
    stream: streams,
    service,
    method,
    requestMethod,
    url,
    // Made when it is asked for.
    get signal() {
      return call.signal;
    },
    header: requestHeader,
    contextValues: values,
    message: streams ? once(message) : message,
  } as Parameters<Next>[0]);
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
