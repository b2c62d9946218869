/** The error table as documentation: the schema of the envelope, an example of each, and where each can come. */
import {
  type FailureCode,
  type FailureKind,
  failures,
  ServiceError,
} from "../generations/failures.ts";
import { encodings, toEnvelope } from "./errors.ts";

const kinds = Object.keys(failures) as FailureKind[];
const codes = kinds.map((kind) => failures[kind].code);
const types = [...new Set(codes.map((code) => encodings[code].type))];

const violation = {
  type: "object",
  properties: {
    field: { type: "string", description: "The field's path, such as `style_tags[2]`." },
    rule: { type: "string", description: "What it breaks; stable." },
    message: { type: "string", description: "What would be right, for a developer." },
  },
  required: ["field", "rule", "message"],
};

/** The whole table as Markdown. */
function table(): string {
  const rows = kinds.map((kind) => {
    const { code, systemMessage, retryable } = failures[kind];
    return `| ${encodings[code].status} | \`${code}\` | ${systemMessage} | ${retryable ? "yes" : "no"} |`;
  });
  return ["| status | code | when | retry |", "| --- | --- | --- | --- |", ...rows].join("\n");
}

/** The JSON Schema of the body of every error. */
export const errorSchema = {
  description: "The body of every error.",
  type: "object",
  properties: {
    success: { type: "boolean", const: false },
    error: {
      type: "object",
      properties: {
        code: {
          description: `Stable; this is what to compare.\n\n${table()}`,
          type: "string",
          enum: codes,
        },
        message: { type: "string", description: "For a user." },
        system_message: { type: "string", description: "For a developer." },
        type: { type: "string", description: "The kind of the code.", enum: types },
        status: { type: "integer", description: "The HTTP status.", minimum: 400, maximum: 599 },
        details: {
          type: "object",
          description: "Facts of this error, such as the id that was not found.",
          properties: {
            violations: {
              type: "array",
              description: "All that is wrong with the request's fields.",
              items: violation,
            },
          },
        },
        trace_id: { type: "string", description: "The `X-Request-Id` of the answer." },
        timestamp: { type: "string", format: "date-time" },
      },
      required: [
        "code",
        "message",
        "system_message",
        "type",
        "status",
        "details",
        "trace_id",
        "timestamp",
      ],
    },
  },
  required: ["success", "error"],
} as const;

/** What the envelope is beside `errorSchema` where only these codes can come. */
export function narrowError(status: number, some: readonly string[]): Record<string, unknown> {
  const narrowed = {
    code: { type: "string", enum: some },
    status: { type: "integer", const: status },
  };
  return { type: "object", properties: { error: { type: "object", properties: narrowed } } };
}

const exampleDetails: Partial<Record<FailureKind, ConstructorParameters<typeof ServiceError>[1]>> =
  {
    resource_not_found: {
      details: { job_id: "mgen_018f3a5c9b7e4d21" },
      systemMessage: "Music generation job not found",
    },
    scope_denied: { details: { required_scope: "generations:write" } },
    validation_error: {
      violations: [
        { field: "duration_seconds", rule: "int32.gt", message: "must be greater than 0" },
      ],
    },
    rate_limit_exceeded: {
      details: { policy: "key", limit: "30000", window_seconds: "60" },
      retryAfterSeconds: 2,
    },
    quota_exceeded: {
      details: { quota: "queued_jobs", limit: "10000", organization_id: "org_abc123" },
      retryAfterSeconds: 10,
    },
  };

const exampleTime = new Date("2026-01-02T03:04:05Z");

/** A whole body with this kind of error. */
function exampleOf(kind: FailureKind): unknown {
  const error = new ServiceError(kind, exampleDetails[kind]);
  return toEnvelope(error, "req_4b1f0a9c2d7e", exampleTime).body;
}

/** A call, as far as it decides which errors it can end with. */
export interface CallFacts {
  /** The local name of the method. */
  readonly method: string;
  readonly verb: string;
  readonly hasBody: boolean;
}

/** Those that only some calls can end with; all others can come to every one. */
const only: Partial<Record<FailureCode, (call: CallFacts) => boolean>> = {
  // Before a call is found, or about the media.
  ROUTE_NOT_FOUND: () => false,
  METHOD_NOT_ALLOWED: () => false,
  SIGNATURE_INVALID: () => false,
  RANGE_NOT_SATISFIABLE: () => false,
  // Nobody is there to be told.
  CANCELLED: () => false,
  // A repeat of a create finds its job deleted, too.
  RESOURCE_NOT_FOUND: ({ method }) => !method.startsWith("list"),
  QUOTA_EXCEEDED: ({ method }) => method === "createGeneration",
  JOB_ACTIVE: ({ method }) => method === "deleteGeneration",
  IDEMPOTENCY_KEY_REUSED: ({ method }) => method === "createGeneration",
  PAYLOAD_TOO_LARGE: ({ verb }) => verb !== "GET",
  UNSUPPORTED_MEDIA_TYPE: ({ hasBody }) => hasBody,
};

/** Every error of the table, in its order. */
export const errorReference = kinds.map((kind) => {
  const { code, systemMessage, retryable } = failures[kind];
  const appliesTo = only[code] ?? (() => true);
  const { status } = encodings[code];
  const example = exampleOf(kind);
  return { code, status, description: systemMessage, retryable, example, appliesTo };
});
