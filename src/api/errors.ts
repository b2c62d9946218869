/**
 * How the domain's errors travel: the envelope of the contract on REST, the standard error model
 * (`google.rpc.ErrorInfo`, `BadRequest`, `RetryInfo`, …; AIP-193) on the RPC faces. What is not a
 * `ServiceError` is INTERNAL_ERROR: nothing of it leaks, the log has it under the request id.
 */
import { create } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import {
  BadRequestSchema,
  ErrorInfoSchema,
  LocalizedMessageSchema,
  QuotaFailureSchema,
  RequestInfoSchema,
  RetryInfoSchema,
} from "../../gen/google/rpc/error_details_pb.ts";
import type { Violation } from "../generations/engine.ts";
import {
  type FailureCode,
  type FailureKind,
  failures,
  ServiceError,
} from "../generations/failures.ts";

type ErrorType =
  | "client_error"
  | "authentication_error"
  | "authorization_error"
  | "validation_error"
  | "rate_limit_error"
  | "server_error";

interface Encoding {
  /** The HTTP status on the REST face. */
  readonly status: number;
  readonly type: ErrorType;
  /** The code on the RPC faces. */
  readonly rpc: Code;
}

/** The table of the contract: each code's HTTP status, type and RPC code. */
export const encodings: Readonly<Record<FailureCode, Encoding>> = {
  MALFORMED_REQUEST: { status: 400, type: "client_error", rpc: Code.InvalidArgument },
  AUTHENTICATION_REQUIRED: { status: 401, type: "authentication_error", rpc: Code.Unauthenticated },
  ORGANIZATION_ACCESS_DENIED: {
    status: 403,
    type: "authorization_error",
    rpc: Code.PermissionDenied,
  },
  SCOPE_DENIED: { status: 403, type: "authorization_error", rpc: Code.PermissionDenied },
  SIGNATURE_INVALID: { status: 403, type: "authorization_error", rpc: Code.PermissionDenied },
  RESOURCE_NOT_FOUND: { status: 404, type: "client_error", rpc: Code.NotFound },
  ROUTE_NOT_FOUND: { status: 404, type: "client_error", rpc: Code.Unimplemented },
  METHOD_NOT_ALLOWED: { status: 405, type: "client_error", rpc: Code.Unimplemented },
  NOT_ACCEPTABLE: { status: 406, type: "client_error", rpc: Code.Unimplemented },
  REQUEST_TIMEOUT: { status: 408, type: "client_error", rpc: Code.DeadlineExceeded },
  JOB_ACTIVE: { status: 409, type: "client_error", rpc: Code.FailedPrecondition },
  IDEMPOTENCY_KEY_REUSED: { status: 409, type: "client_error", rpc: Code.AlreadyExists },
  PAYLOAD_TOO_LARGE: { status: 413, type: "client_error", rpc: Code.ResourceExhausted },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, type: "client_error", rpc: Code.InvalidArgument },
  RANGE_NOT_SATISFIABLE: { status: 416, type: "client_error", rpc: Code.OutOfRange },
  VALIDATION_ERROR: { status: 422, type: "validation_error", rpc: Code.InvalidArgument },
  RATE_LIMIT_EXCEEDED: { status: 429, type: "rate_limit_error", rpc: Code.ResourceExhausted },
  QUOTA_EXCEEDED: { status: 429, type: "rate_limit_error", rpc: Code.ResourceExhausted },
  HEADERS_TOO_LARGE: { status: 431, type: "client_error", rpc: Code.ResourceExhausted },
  CANCELLED: { status: 499, type: "client_error", rpc: Code.Canceled },
  INTERNAL_ERROR: { status: 500, type: "server_error", rpc: Code.Internal },
  SERVICE_UNAVAILABLE: { status: 503, type: "server_error", rpc: Code.Unavailable },
  DEADLINE_EXCEEDED: { status: 504, type: "server_error", rpc: Code.DeadlineExceeded },
};

/** The `domain` of every `ErrorInfo`. */
export const errorDomain = "music.v1";

/** The domain error behind `error`, whatever face it came through; INTERNAL_ERROR for a foreign one. */
export function serviceErrorOf(error: unknown): ServiceError {
  if (error instanceof ServiceError) return error;
  if (error instanceof ConnectError) {
    if (error.cause instanceof ServiceError) return error.cause;
    if (error.code === Code.Canceled) return new ServiceError("cancelled", { cause: error });
    if (error.code === Code.DeadlineExceeded) {
      return new ServiceError("deadline_exceeded", { cause: error });
    }
    // Nothing of ours throws these: the library found them in what the caller sent.
    if (error.code === Code.ResourceExhausted) {
      return new ServiceError("payload_too_large", { cause: error });
    }
    if (error.code === Code.InvalidArgument || error.code === Code.Unimplemented) {
      return unreadableMessage(error);
    }
  }
  return new ServiceError("internal_error", { cause: error });
}

/** The error of a message that cannot be read, or of a call that sent none or too many. */
export function unreadableMessage(cause: unknown): ServiceError {
  return new ServiceError("malformed_request", {
    systemMessage: "The request is not exactly one message of the method's type",
    cause,
  });
}

/** The error as the RPC faces send it. */
export function toConnectError(error: unknown, requestId: string): ConnectError {
  const known = serviceErrorOf(error);
  return new ConnectError(
    known.systemMessage,
    encodings[known.code].rpc,
    undefined,
    detailsOf(known, requestId),
    known,
  );
}

/**
 * Error details travel in the trailers of gRPC, and clients refuse those that are larger than 8 KiB in
 * all, base64 and the other details included.
 */
const mostViolationCharacters = 3_000;

/** As many as fit, and at their end how many more there are. */
function fitting(violations: readonly Violation[]): readonly Violation[] {
  let left = mostViolationCharacters;
  const cut = violations.findIndex(({ field, rule, message }) => {
    left -= Buffer.byteLength(field + rule + message) + 12;
    return left < 0;
  });
  if (cut < 0) return violations;
  const message = `and ${violations.length - cut} more`;
  return [...violations.slice(0, cut), { field: "", rule: "more", message }];
}

function detailsOf(error: ServiceError, requestId: string) {
  const metadata = Object.fromEntries(
    Object.entries(error.details).map(([name, value]) => [name, String(value)]),
  );
  const fieldViolations = fitting(error.violations).map(({ field, rule, message }) => ({
    field,
    reason: rule,
    description: message,
  }));
  const retryDelay = durationFromMs((error.retryAfterSeconds ?? 0) * 1000);
  return [
    {
      desc: ErrorInfoSchema,
      value: create(ErrorInfoSchema, { reason: error.code, domain: errorDomain, metadata }),
    },
    {
      desc: LocalizedMessageSchema,
      value: create(LocalizedMessageSchema, { locale: "en-US", message: error.message }),
    },
    { desc: RequestInfoSchema, value: create(RequestInfoSchema, { requestId }) },
    ...(fieldViolations.length > 0
      ? [{ desc: BadRequestSchema, value: create(BadRequestSchema, { fieldViolations }) }]
      : []),
    ...(error.kind === "quota_exceeded"
      ? [{ desc: QuotaFailureSchema, value: quotaFailureOf(error) }]
      : []),
    ...(error.retryAfterSeconds === null
      ? []
      : [{ desc: RetryInfoSchema, value: create(RetryInfoSchema, { retryDelay }) }]),
  ];
}

function quotaFailureOf({ systemMessage, details }: ServiceError) {
  const { quota = "", limit = "0", organization_id } = details;
  const violation = {
    subject: `organization:${organization_id}`,
    description: systemMessage,
    apiService: errorDomain,
    quotaId: String(quota),
    quotaValue: BigInt(String(limit)),
  };
  return create(QuotaFailureSchema, { violations: [violation] });
}

/** The answer that the REST face gives to an error. */
export interface ErrorAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** The envelope of the contract. */
export function toEnvelope(error: unknown, requestId: string, now: Date): ErrorAnswer {
  const known = serviceErrorOf(error);
  const { status, type } = encodings[known.code];
  const violations = known.violations.length > 0 ? { violations: known.violations } : {};
  const retryAfter = known.retryAfterSeconds ?? (status === 503 ? 1 : null);
  return {
    status,
    headers: {
      ...known.headers,
      ...(retryAfter !== null && { "retry-after": String(Math.ceil(retryAfter)) }),
      ...(status === 401 && { "www-authenticate": 'Bearer realm="music", ApiKey realm="music"' }),
    },
    body: {
      success: false,
      error: {
        code: known.code,
        message: failures[known.kind].message,
        system_message: known.systemMessage,
        type,
        status,
        details: { ...known.details, ...violations },
        trace_id: requestId,
        timestamp: `${now.toISOString().slice(0, 19)}Z`,
      },
    },
  };
}

const kinds = Object.keys(failures) as FailureKind[];

/** The error that an HTTP status stands for, for faults that a library found in a request. */
export function serviceErrorOfStatus(status: number, cause: unknown): ServiceError {
  const kind = kinds.find((each) => encodings[failures[each].code].status === status);
  const isClients = kind !== undefined && status < 500;
  return new ServiceError(isClients ? kind : "internal_error", { cause });
}

/** A fault that the gateway found in a request; its kinds are this service's, two by another name. */
export interface TranscodingFault {
  readonly kind: string;
  readonly message: string;
  readonly violations: readonly Violation[];
  /** For the answer, such as `allow`. */
  readonly headers: Readonly<Record<string, string>>;
}

const kindOfFault: Readonly<Record<string, FailureKind>> = {
  malformed: "malformed_request",
  invalid: "validation_error",
};

/** The domain error of a fault that the gateway found. */
export function serviceErrorOfFault(fault: TranscodingFault): ServiceError {
  const kind = kindOfFault[fault.kind] ?? kinds.find((each) => each === fault.kind);
  if (kind === undefined) return new ServiceError("internal_error", { cause: fault });
  return new ServiceError(kind, {
    systemMessage: fault.message,
    violations: fault.violations,
    headers: fault.headers,
  });
}
