/** What can go wrong between the page and the service, and what each means for a person. */

export interface Violation {
  readonly field: string;
  readonly message: string;
}

/** The service answered with its error envelope, or a proxy with something else. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  /** Null when the service does not say. */
  readonly retryAfterSeconds: number | null;
  readonly violations: readonly Violation[];
  readonly traceId: string | null;

  constructor(
    status: number,
    facts: {
      readonly code?: string;
      readonly message?: string;
      readonly retryAfterSeconds?: number | null;
      readonly violations?: readonly Violation[];
      readonly traceId?: string | null;
    } = {},
  ) {
    super(facts.message ?? `The service answered ${status}.`);
    this.status = status;
    this.code = facts.code ?? "";
    this.retryAfterSeconds = facts.retryAfterSeconds ?? null;
    this.violations = facts.violations ?? [];
    this.traceId = facts.traceId ?? null;
  }
}

/** No answer came, or it broke off. */
export class LostConnection extends Error {
  constructor(cause?: unknown) {
    super("The service cannot be reached.", { cause });
  }
}

export interface Envelope {
  readonly code?: string;
  readonly message?: string;
  readonly trace_id?: string;
  readonly details?: { readonly violations?: readonly Violation[] } | null;
}

/** The error that an answer stands for, or that an `error` event of a stream carries. */
export async function errorOfResponse(response: Response): Promise<ApiError> {
  const body = (await response.json().catch(() => null)) as { error?: Envelope } | null;
  return errorOfEnvelope(response.status, body?.error ?? {}, response.headers.get("retry-after"));
}

export function errorOfEnvelope(
  status: number,
  envelope: Envelope,
  retryAfter: string | null = null,
): ApiError {
  const seconds = Number(retryAfter ?? "");
  return new ApiError(status, {
    ...(envelope.code !== undefined && { code: envelope.code }),
    ...(envelope.message !== undefined && { message: envelope.message }),
    retryAfterSeconds: retryAfter !== null && Number.isFinite(seconds) ? seconds : null,
    violations: envelope.details?.violations ?? [],
    traceId: envelope.trace_id ?? null,
  });
}

export type ProblemKind = "key" | "denied" | "limited" | "invalid" | "gone" | "lost" | "other";

/** A failure as the page shows it. */
export interface Problem {
  readonly kind: ProblemKind;
  readonly title: string;
  readonly text: string;
  /** When it is worth trying again, in milliseconds since 1970; null when the service does not say. */
  readonly retryAtMs: number | null;
  readonly violations: readonly Violation[];
  /** What to quote to the operator. */
  readonly traceId: string | null;
}

const titles: Readonly<Record<ProblemKind, string>> = {
  key: "This key does not work",
  denied: "Not allowed",
  limited: "Too many requests",
  invalid: "Something in the request is not right",
  gone: "Not found",
  lost: "No connection to the service",
  other: "The service could not do that",
};

function kindOf(error: unknown): ProblemKind {
  if (error instanceof LostConnection) return "lost";
  if (!(error instanceof ApiError)) return "other";
  const { status } = error;
  if (status === 401) return "key";
  if (status === 403) return "denied";
  if (status === 429) return "limited";
  if (status === 404) return "gone";
  if (status === 400 || status === 413 || status === 422) return "invalid";
  // What a proxy says for a service that is not there.
  if (status === 502 || status === 503 || status === 504) return "lost";
  return "other";
}

/** @param nowMs milliseconds since 1970 */
export function problemOf(error: unknown, nowMs: number): Problem {
  const kind = kindOf(error);
  const api = error instanceof ApiError ? error : null;
  const retryAfter = api?.retryAfterSeconds ?? null;
  return {
    kind,
    title: titles[kind],
    text: error instanceof Error ? error.message : "Something went wrong.",
    retryAtMs: retryAfter === null ? null : nowMs + retryAfter * 1000,
    violations: api?.violations ?? [],
    traceId: kind === "other" ? (api?.traceId ?? null) : null,
  };
}

/** Whether the same call may work when it is made again by itself. */
export function isTransient(error: unknown): boolean {
  if (error instanceof LostConnection) return true;
  return error instanceof ApiError && (error.status === 429 || error.status >= 500);
}
