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
import type { ContextValues, Interceptor } from "@connectrpc/connect";
import {
  type handleServerStreamingCall,
  type handleUnaryCall,
  Metadata,
  type MethodDefinition,
  type ServiceDefinition,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import type { Clock } from "../../base/clock.ts";
import { type ChainedMethod, chainedMethod } from "../../base/interceptor-chain.ts";
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
    const chained = chainedMethod(method, service.implementation, service.interceptors);
    const callOf: CallOf = (carried) => {
      const values = service.contextValues(carried.request.unreadable);
      return new GrpcCall(method, carried, values, clock);
    };
    definition[localName] = definitionOf(method);
    handlers[localName] = methodKind === "unary" ? unary(chained, callOf) : stream(chained, callOf);
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

type CarriedUnary = Parameters<handleUnaryCall<Received, Message>>[0];
type CarriedStream = Parameters<handleServerStreamingCall<Received, Message>>[0];
type CallOf = (carried: CarriedUnary | CarriedStream) => GrpcCall;

function unary(chained: ChainedMethod, callOf: CallOf): handleUnaryCall<Received, Message> {
  return (carried, callback) => {
    const call = callOf(carried);
    chained(call, carried.request.message).then(
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

function stream(
  chained: ChainedMethod,
  callOf: CallOf,
): handleServerStreamingCall<Received, Message> {
  return (carried) => {
    const call = callOf(carried);
    sendAll(carried, call, chained).then(
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
  chained: ChainedMethod,
): Promise<void> {
  const response = await chained(call, carried.request.message);
  let begun = false;
  for await (const message of response.message as AsyncIterable<Message>) {
    if (!begun) carried.sendMetadata(addHeaders(new Metadata(), response.header));
    begun = true;
    await write(carried, message, call.signal);
    if (call.signal.aborted) break;
  }
  if (!begun) carried.sendMetadata(addHeaders(new Metadata(), response.header));
}

function trailerOf({ responseTrailer }: GrpcCall): Metadata | undefined {
  const isEmpty = responseTrailer.keys().next().done === true;
  return isEmpty ? undefined : addHeaders(new Metadata(), responseTrailer);
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
