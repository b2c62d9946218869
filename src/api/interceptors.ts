/**
 * What happens around every call, on every face, in this order: request id, errors to the standard model,
 * credential, organization, validation. On REST the gateway has done all but the first two before it calls
 * (see `rest-admission.ts`).
 */
import type { DescMessage, DescMethod, Message } from "@bufbuild/protobuf";
import {
  Code,
  ConnectError,
  type HandlerContext,
  type Interceptor,
  type StreamRequest,
  type UnaryRequest,
} from "@connectrpc/connect";
import { ErrorInfoSchema } from "../../gen/google/rpc/error_details_pb.ts";
import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { Random } from "../base/random.ts";
import { traceparentOf } from "../base/trace-context.ts";
import { type FailureCode, refuseViolations, ServiceError } from "../generations/failures.ts";
import type { Telemetry } from "../generations/telemetry.ts";
import type { Authorization } from "./authorization.ts";
import { beginCallSpan, endCallSpan } from "./call-trace.ts";
import { encodings, serviceErrorOf, toConnectError, unreadableMessage } from "./errors.ts";
import { faceOf } from "./face.ts";
import { rateLimitHeaders } from "./rate-limits.ts";
import { requestIdHeader, requestIdKey, requestIdOf, unreadableKey } from "./request-id.ts";
import { admitted } from "./rest-admission.ts";
import type { Validate } from "./validation.ts";

export interface InterceptorPorts {
  readonly authorization: Authorization;
  readonly validate: Validate;
  readonly random: Random;
  readonly log: Log;
  readonly clock: Clock;
  readonly telemetry: Pick<Telemetry, "callEnded" | "tracer">;
}

/** The chain of the RPC faces, outermost first. */
export function createInterceptors(ports: InterceptorPorts): Interceptor[] {
  return [errors(ports), admission(ports)];
}

/** The chain of the REST face, outermost first. */
export function createRestInterceptors(ports: InterceptorPorts): Interceptor[] {
  return [errors(ports), admitted()];
}

/**
 * The first check alone, for a face that has the headers before the message: a caller without a credential is
 * refused unread. What it throws is encoded already.
 */
export function createGate(ports: InterceptorPorts): (context: HandlerContext) => Promise<void> {
  const { authorization, clock, telemetry } = ports;
  return async ({ requestHeader: header, values, method, signal }) => {
    const id = values.get(requestIdKey) || requestIdOf(header.get(requestIdHeader), ports.random);
    const beganAt = clock.monotonicMs();
    try {
      await authorization.authenticate(header, values);
    } catch (error) {
      const seconds = (clock.monotonicMs() - beganAt) / 1_000;
      const { code } = serviceErrorOf(error);
      telemetry.callEnded({ face: faceOf(header, values), method: method.name, code, seconds });
      const refused = { header, method, signal, contextValues: values };
      throw failureOf(error, refused, id, ports.log);
    }
  };
}

/** Gives the call its id and turns whatever is thrown into the standard error model, logged once. */
function errors({ random, log, clock, telemetry }: InterceptorPorts): Interceptor {
  return (next) => async (request) => {
    const beganAt = clock.monotonicMs();
    const face = faceOf(request.header, request.contextValues);
    const span = beginCallSpan(telemetry.tracer, request, face);
    const ended = (code: string) => {
      const seconds = (clock.monotonicMs() - beganAt) / 1_000;
      telemetry.callEnded({ face, method: request.method.name, code, seconds });
      endCallSpan(span, code, isFaultOfOurs(code));
    };
    const id =
      request.contextValues.get(requestIdKey) ||
      requestIdOf(request.header.get(requestIdHeader), random);
    request.contextValues.set(requestIdKey, id);
    const failed = (error: unknown) => {
      const failure = failureOf(error, request, id, log);
      ended(failure.findDetails(ErrorInfoSchema)[0]?.reason ?? "INTERNAL_ERROR");
      return failure;
    };
    try {
      const response = await next(request);
      // On REST the answer has them already, an error as well.
      if (face !== "rest") {
        response.header.set(requestIdHeader, id);
        setAll(response.header, rateLimitHeaders(request.contextValues));
      }
      if (response.stream) return { ...response, message: follow(response.message, failed, ended) };
      ended("OK");
      return response;
    } catch (error) {
      throw failed(error);
    }
  };
}

function isFaultOfOurs(code: string): boolean {
  return code in encodings && encodings[code as FailureCode].type === "server_error";
}

/** The standard error model of what a call threw. */
function failureOf(
  error: unknown,
  call: Pick<UnaryRequest, "header" | "signal" | "contextValues"> & { method: DescMethod },
  requestId: string,
  log: Log,
): ConnectError {
  const { header, method, signal } = call;
  const found = serviceErrorOf(error);
  // Writing to a caller that went away fails in many ways; none of them is a fault of ours.
  const isLate = found.kind === "internal_error" && signal.aborted;
  const known = isLate ? lateErrorOf(signal.reason, error) : found;
  const traceparent = traceparentOf(header.get("traceparent"));
  const trace = traceparent === null ? {} : { traceparent };
  const facts = { requestId, ...trace, method: method.name, code: known.code };
  if (encodings[known.code].status === 500)
    log.error({ ...facts, err: known.cause }, "call failed");
  else log.debug(facts, "call refused");
  const failure = toConnectError(known, requestId);
  // Of a unary call of Connect the error's metadata are headers; elsewhere they are trailers.
  if (method.methodKind === "unary" && faceOf(header, call.contextValues) === "connect") {
    setAll(failure.metadata, rateLimitHeaders(call.contextValues));
    const { retryAfterSeconds } = known;
    if (retryAfterSeconds !== null) failure.metadata.set("retry-after", `${retryAfterSeconds}`);
  }
  return failure;
}

function setAll(headers: Headers, values: Readonly<Record<string, string>>): void {
  for (const name in values) headers.set(name, values[name] ?? "");
}

/** What a call ended by that was late: its deadline, if that is why, or else its caller's leaving. */
function lateErrorOf(reason: unknown, cause: unknown): ServiceError {
  const { kind } = serviceErrorOf(reason);
  return new ServiceError(kind === "deadline_exceeded" ? kind : "cancelled", { cause });
}

/** The messages, with what ended them: their end, an error, or the caller's leaving. */
async function* follow<T>(
  messages: AsyncIterable<T>,
  failed: (error: unknown) => Error,
  ended: (code: string) => void,
) {
  let code: string | null = "CANCELLED";
  try {
    yield* messages;
    code = "OK";
  } catch (error) {
    code = null;
    throw failed(error);
  } finally {
    if (code !== null) ended(code);
  }
}

/** Lets a call in: a credential, the organization that the message names, and a valid message. */
function admission(ports: InterceptorPorts): Interceptor {
  const { authorization } = ports;
  return (next) => async (request) => {
    const { header, contextValues } = request;
    const unreadable = contextValues.get(unreadableKey);
    // The message of a stream comes later, and one that cannot be read names nobody: the credential goes first.
    if (request.stream || unreadable !== null) {
      await authorization.authenticate(header, contextValues);
    }
    if (unreadable !== null) throw unreadableMessage(unreadable);
    if (request.stream) return next({ ...request, message: admitEach(ports, request) });
    await admitMessage(ports, request, request.message);
    return next(request);
  };
}

async function* admitEach(ports: InterceptorPorts, request: StreamRequest) {
  for await (const message of readable(request.message)) {
    await admitMessage(ports, request, message);
    yield message;
  }
}

/** What keeps a message of a stream from being read is the caller's fault, whatever the library says. */
async function* readable<T>(messages: AsyncIterable<T>) {
  try {
    yield* messages;
  } catch (error) {
    if (error instanceof ConnectError && error.code === Code.Internal) {
      throw unreadableMessage(error);
    }
    throw error;
  }
}

async function admitMessage(
  { authorization, validate }: InterceptorPorts,
  { header, method, contextValues }: UnaryRequest | StreamRequest,
  message: Message,
): Promise<void> {
  const { organizationId } = message as { organizationId?: unknown };
  if (typeof organizationId !== "string") {
    const cause = new TypeError(`${method.input.typeName} has no organization_id`);
    throw new ServiceError("internal_error", { cause });
  }
  await authorization.admit({ header, organizationId, method: method.localName }, contextValues);
  refuseViolations(validate(method.input as DescMessage, message));
}
