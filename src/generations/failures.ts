/**
 * The one table of errors that callers can meet. Each kind has its stable `code` (on RPC the `reason` of
 * `google.rpc.ErrorInfo`), the sentence a user may read and the one a developer reads. `src/api` gives
 * each code its HTTP status and RPC code; documentation is made from both.
 */
import type { Violation } from "./engine.ts";

interface FailureEntry {
  /** Stable; clients compare it. */
  readonly code: string;
  /** For a user. */
  readonly message: string;
  /** For a developer; a raised error may say it more exactly. */
  readonly systemMessage: string;
  /** Whether the same call may succeed later. */
  readonly retryable: boolean;
}

export const failures = {
  malformed_request: {
    code: "MALFORMED_REQUEST",
    message: "The request could not be read.",
    systemMessage: "The body is not a JSON object, or a path or query value has the wrong type",
    retryable: false,
  },
  authentication_required: {
    code: "AUTHENTICATION_REQUIRED",
    message: "Authentication required. Please provide a valid API key.",
    systemMessage: "Missing or invalid authorization header",
    retryable: false,
  },
  organization_access_denied: {
    code: "ORGANIZATION_ACCESS_DENIED",
    message: "You do not have access to this organization.",
    systemMessage: "The caller is not a member of the organization in the path",
    retryable: false,
  },
  scope_denied: {
    code: "SCOPE_DENIED",
    message: "This API key may not do that.",
    systemMessage: "The API key lacks the scope that this method needs",
    retryable: false,
  },
  signature_invalid: {
    code: "SIGNATURE_INVALID",
    message: "This link is not valid any more. Please ask for a new one.",
    systemMessage:
      "The media URL's signature is missing, wrong or expired; get the job or track again",
    retryable: false,
  },
  resource_not_found: {
    code: "RESOURCE_NOT_FOUND",
    message: "The requested resource could not be found.",
    systemMessage: "Resource not found",
    retryable: false,
  },
  route_not_found: {
    code: "ROUTE_NOT_FOUND",
    message: "There is nothing at this address.",
    systemMessage: "No route matches the path",
    retryable: false,
  },
  method_not_allowed: {
    code: "METHOD_NOT_ALLOWED",
    message: "This address does not support that method.",
    systemMessage: "The path exists, but not for this HTTP method; see the Allow header",
    retryable: false,
  },
  not_acceptable: {
    code: "NOT_ACCEPTABLE",
    message: "The answer is not available in the requested format.",
    systemMessage: "Nothing that can be answered fits the Accept header",
    retryable: false,
  },
  request_timeout: {
    code: "REQUEST_TIMEOUT",
    message: "The request took too long to arrive.",
    systemMessage: "The request was not received in time",
    retryable: true,
  },
  headers_too_large: {
    code: "HEADERS_TOO_LARGE",
    message: "The request's headers are too large.",
    systemMessage: "The request's headers exceed the limit",
    retryable: false,
  },
  job_active: {
    code: "JOB_ACTIVE",
    message: "This generation is still active. Please cancel it first.",
    systemMessage: "Only a job that has ended can be deleted; cancel it and wait for its end",
    retryable: false,
  },
  idempotency_key_reused: {
    code: "IDEMPOTENCY_KEY_REUSED",
    message: "This idempotency key was already used for a different request.",
    systemMessage: "The idempotency key came before with another request; use a new key",
    retryable: false,
  },
  payload_too_large: {
    code: "PAYLOAD_TOO_LARGE",
    message: "The request is too large.",
    systemMessage: "The request's body exceeds the limit",
    retryable: false,
  },
  unsupported_media_type: {
    code: "UNSUPPORTED_MEDIA_TYPE",
    message: "The request's format is not supported.",
    systemMessage: "The body must be application/json in UTF-8",
    retryable: false,
  },
  range_not_satisfiable: {
    code: "RANGE_NOT_SATISFIABLE",
    message: "The requested part of the file does not exist.",
    systemMessage: "The Range header lies outside the object",
    retryable: false,
  },
  validation_error: {
    code: "VALIDATION_ERROR",
    message: "The request is not valid. Please check the fields listed.",
    systemMessage: "One or more fields are not valid; all violations are listed",
    retryable: false,
  },
  rate_limit_exceeded: {
    code: "RATE_LIMIT_EXCEEDED",
    message: "Too many requests. Please wait a moment.",
    systemMessage: "The rate limit was exceeded; retry after the time given",
    retryable: true,
  },
  quota_exceeded: {
    code: "QUOTA_EXCEEDED",
    message: "The quota is used up.",
    systemMessage: "A quota of the organization is used up; details names it",
    retryable: true,
  },
  cancelled: {
    code: "CANCELLED",
    message: "The request was cancelled.",
    systemMessage: "The caller went away before the answer",
    retryable: true,
  },
  internal_error: {
    code: "INTERNAL_ERROR",
    message: "Something went wrong on our side. Please try again.",
    systemMessage: "Internal error; quote the trace_id to the operator",
    retryable: true,
  },
  service_unavailable: {
    code: "SERVICE_UNAVAILABLE",
    message: "The service is not available at the moment. Please try again shortly.",
    systemMessage: "The database cannot be reached, or the service is stopping",
    retryable: true,
  },
  deadline_exceeded: {
    code: "DEADLINE_EXCEEDED",
    message: "The request took too long.",
    systemMessage: "The caller's deadline passed before the answer was ready",
    retryable: true,
  },
} as const satisfies Record<string, FailureEntry>;

export type FailureKind = keyof typeof failures;
export type FailureCode = (typeof failures)[FailureKind]["code"];

interface FailureOptions {
  /** Facts for the caller, such as the id that was not found. */
  readonly details?: Readonly<Record<string, string | readonly string[]>>;
  readonly violations?: readonly Violation[];
  /** Instead of the table's sentence for developers. Nothing internal may be in it. */
  readonly systemMessage?: string;
  readonly retryAfterSeconds?: number;
  /** Extra answer headers on HTTP, such as `Allow`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** For the log only. */
  readonly cause?: unknown;
}

/** An error that is meant for the caller. Everything else that is thrown becomes INTERNAL_ERROR. */
export class ServiceError extends Error {
  readonly kind: FailureKind;
  readonly details: Readonly<Record<string, string | readonly string[]>>;
  readonly violations: readonly Violation[];
  readonly systemMessage: string;
  readonly retryAfterSeconds: number | null;
  readonly headers: Readonly<Record<string, string>>;

  constructor(kind: FailureKind, options: FailureOptions = {}) {
    super(failures[kind].message, { cause: options.cause });
    this.name = "ServiceError";
    this.kind = kind;
    this.details = options.details ?? {};
    this.violations = options.violations ?? [];
    this.systemMessage = options.systemMessage ?? failures[kind].systemMessage;
    this.retryAfterSeconds = options.retryAfterSeconds ?? null;
    this.headers = options.headers ?? {};
  }

  get code(): FailureCode {
    return failures[this.kind].code;
  }
}

/** The 422 that lists `violations`; returns when there are none. */
export function refuseViolations(violations: readonly Violation[]): void {
  if (violations.length > 0) throw new ServiceError("validation_error", { violations });
}

/** The 404 of a job, word for word the same whether it never existed or is another caller's. */
export function jobNotFound(jobId: string): ServiceError {
  return new ServiceError("resource_not_found", {
    details: { job_id: jobId },
    systemMessage: "Music generation job not found",
  });
}

/** The 404 of a track, under the same rule. */
export function trackNotFound(trackId: string): ServiceError {
  return new ServiceError("resource_not_found", {
    details: { track_id: trackId },
    systemMessage: "Track not found",
  });
}
