/** The answers of an operation: its success, an answer that has not changed, a stream, and every error. */
import { STATUS_CODES } from "node:http";
import type { Route } from "../gateway/routes.ts";
import {
  componentRef,
  type Header,
  type JsonSchema,
  type Reference,
  type Response,
} from "./document.ts";
import type { ErrorEntry, OpenApiOptions } from "./options.ts";
import type { Schemas } from "./schemas.ts";

type Responses = Record<string, Response | Reference>;

const entityTag: Header = {
  description: "The validator of the answer, for `If-None-Match`.",
  required: true,
  schema: { type: "string", examples: ['W/"x8qGmZ1c0VbJ5w3kq2rF4A"'] },
};

/** The responses of successes; those of errors are `errorResponses`. */
export function successResponses(
  route: Route,
  options: OpenApiOptions,
  schemas: Schemas,
): Responses {
  const { method, successStatus, headers } = route;
  const common = commonHeaders(options);
  const preferences = headers.filter(({ preference }) => preference !== "");
  const own = {
    ...common,
    ...options.successHeaders(method),
    ...(route.location && { Location: location }),
    ...(preferences.length > 0 && { "Preference-Applied": applied }),
  };
  if (route.stream) return streamResponses(route, own, common, schemas);
  if (successStatus === 204) {
    return { 204: { description: "Done; there is nothing to say.", headers: own } };
  }
  const isConditional = hasEntityTag(route);
  const example = options.answerExample(method);
  const success: Response = {
    description: STATUS_CODES[successStatus] ?? "Success",
    headers: { ...own, ...(isConditional && { ETag: componentRef("headers", "ETag") }) },
    content: {
      "application/json": {
        schema: answerSchema(route, schemas),
        ...(example !== undefined && { example }),
      },
    },
  };
  if (!isConditional) return { [successStatus]: success };
  const unchanged = { description: "Unchanged since the answer with that `ETag`." };
  const tag = { ETag: componentRef("headers", "ETag") };
  return { [successStatus]: success, 304: { ...unchanged, headers: { ...common, ...tag } } };
}

/** Whether the answer has an `ETag` and heeds `If-None-Match` (`src/gateway/answer.ts`). */
export function hasEntityTag({ verb, stream, successStatus }: Route): boolean {
  return verb === "GET" && stream === null && successStatus === 200;
}

/** The components that the responses refer to. */
export function headerComponents({
  answerHeaders,
}: OpenApiOptions): Readonly<Record<string, Header>> {
  return { ...answerHeaders, ETag: entityTag };
}

function commonHeaders({ answerHeaders }: OpenApiOptions): Record<string, Reference> {
  return Object.fromEntries(
    Object.keys(answerHeaders).map((name) => [name, componentRef("headers", name)]),
  );
}

const location: Header = {
  description: "Where what was made is.",
  schema: { type: "string", format: "uri-reference" },
};

const applied: Header = {
  description: "The preferences of `Prefer` that were heeded (RFC 7240).",
  schema: { type: "string", examples: ["wait=10"] },
};

function answerSchema({ method, answered }: Route, schemas: Schemas): JsonSchema {
  if (answered === null) return schemas.message(method.output, "answer");
  return schemas.field(answered, "answer");
}

/**
 * A stream. OpenAPI 3.1 does not say what a schema is of there; as tools have it, and 3.2 in its
 * `itemSchema`, it is of each event, an object of the fields that the event has, and of each line.
 */
function streamResponses(
  { method, stream }: Route,
  headers: Response["headers"] & object,
  common: Response["headers"] & object,
  schemas: Schemas,
): Responses {
  const item = { anyOf: [schemas.message(method.output, "answer"), errorReference] };
  const ended = { description: "There is nothing more to come.", headers: common };
  const resumable = stream?.idPath && { id: { type: "string", description: eventId } };
  const names = [stream?.event || "message", "error"];
  const event = {
    description: "One event. An error ends the stream, as an event named `error`.",
    type: "object",
    properties: {
      ...resumable,
      event: { type: "string", enum: names },
      data: { type: "string", contentMediaType: "application/json", contentSchema: item },
    },
    required: ["event", "data"],
  };
  const line = { description: "One line. An error ends the stream, as its last line.", ...item };
  return {
    200: {
      description: "A stream, until there is nothing more to come.",
      headers,
      content: {
        "text/event-stream": { schema: event },
        "application/x-ndjson": { schema: line },
      },
    },
    ...(stream?.idPath && { 204: ended }),
  };
}

const errorReference = componentRef("schemas", "Error");
const eventId = "What `Last-Event-ID` takes, to go on after it.";

/** One component for each set of errors that share a status. */
export class ErrorResponses {
  readonly #options: OpenApiOptions;
  readonly #error: JsonSchema;
  readonly #components: Record<string, Response> = {};

  constructor(options: OpenApiOptions, error: JsonSchema) {
    this.#options = options;
    this.#error = error;
  }

  get components(): Readonly<Record<string, Response>> {
    return this.#components;
  }

  of(route: Route): Responses {
    const errors = this.#options.errors.filter((each) => each.appliesTo(route));
    const byStatus = Map.groupBy(errors, ({ status }) => status);
    return Object.fromEntries([...byStatus].map(([status, each]) => [status, this.#add(each)]));
  }

  #add(errors: readonly ErrorEntry[]): Reference {
    const name = errors.map(({ code }) => pascal(code)).join("_");
    this.#components[name] ??= this.#response(errors);
    return componentRef("responses", name);
  }

  #response(errors: readonly ErrorEntry[]): Response {
    const status = errors[0]!.status;
    const codes = errors.map(({ code }) => code);
    return {
      description: errors.map(describe).join("\n\n"),
      headers: Object.assign(commonHeaders(this.#options), ...errors.map(({ headers }) => headers)),
      content: {
        "application/json": {
          schema: { allOf: [this.#error, this.#options.narrowError(status, codes)] },
          examples: Object.fromEntries(
            errors.map(({ code, example }) => [code, { value: example }]),
          ),
        },
      },
    };
  }
}

function describe({ code, description, retryable }: ErrorEntry): string {
  return `\`${code}\`: ${description}.${retryable ? " A repeat may succeed." : ""}`;
}

/** `JOB_ACTIVE` as `JobActive`. */
function pascal(code: string): string {
  return code
    .toLowerCase()
    .replace(/(?:^|_)([a-z])/g, (_all, letter: string) => letter.toUpperCase());
}
