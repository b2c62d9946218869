/** What the gateway itself can find wrong with a request: a closed set, encoded by whoever mounts it. */

export interface FieldViolation {
  /** The field's path in its REST spelling: `style_tags[2]`. */
  readonly field: string;
  readonly rule: string;
  /** What is wrong and what would be right. */
  readonly message: string;
}

export type GatewayFault =
  /** Not JSON, or a path or query value that cannot be read as its type. */
  | "malformed"
  /** Readable, but not a valid message: `violations` has all of it. */
  | "invalid"
  | "route_not_found"
  /** `headers` has `allow`: the methods of the path. */
  | "method_not_allowed"
  | "not_acceptable"
  | "unsupported_media_type"
  | "payload_too_large"
  /** The deadline that the request set passed before the answer was ready. */
  | "deadline_exceeded";

export class GatewayError extends Error {
  readonly kind: GatewayFault;
  readonly violations: readonly FieldViolation[];
  /** What the answer's headers say of it, such as `allow`. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    kind: GatewayFault,
    message: string,
    facts: {
      violations?: readonly FieldViolation[];
      headers?: Readonly<Record<string, string>>;
      cause?: unknown;
    } = {},
  ) {
    super(message, { cause: facts.cause });
    this.name = "GatewayError";
    this.kind = kind;
    this.violations = facts.violations ?? [];
    this.headers = facts.headers ?? {};
  }
}

/** A descriptor that cannot be served: an error at start, for a route is never skipped silently. */
export class BindingError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "BindingError";
  }
}
