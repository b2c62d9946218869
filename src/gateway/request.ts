/**
 * From an HTTP request to the method's message: body, query, path and headers, in rising order of weight.
 * All that is wrong is told at once, what the gateway finds and what the rules find.
 */
import { create, type DescMessage, type Message } from "@bufbuild/protobuf";
import { readBody } from "./body.ts";
import { readHeaders, violationsWithout } from "./bound-headers.ts";
import type { FieldViolation } from "./fault.ts";
import { Faults } from "./faults.ts";
import { writePath } from "./fields.ts";
import { checkTimeout } from "./lifetime.ts";
import { readQuery } from "./query.ts";
import type { Route } from "./routes.ts";

export interface RequestParts {
  /** By field path; undefined where the percent-encoding cannot be read. */
  readonly pathValues: ReadonlyMap<string, string | undefined>;
  readonly header: Headers;
  /** Without the `?`. */
  readonly query: string;
  /** The body's bytes; empty when there is none. */
  readonly body: Uint8Array;
}

export interface BuiltRequest {
  readonly message: Message;
  /** What `Preference-Applied` says (RFC 7240), if anything. */
  readonly preferences: readonly string[];
}

/**
 * The message of a request.
 * @throws GatewayError malformed, unsupported_media_type, or invalid with every violation
 */
export function buildRequest(
  binding: Route,
  { pathValues, header, query, body }: RequestParts,
  validate: (schema: DescMessage, message: Message) => readonly FieldViolation[],
): BuiltRequest {
  const { input } = binding.method;
  const message = create(input);
  const faults = new Faults();
  checkTimeout(header, faults);
  readBody(binding, message, body, header, faults);
  readQuery(binding, message, query, faults);
  readPathValues(binding, message, pathValues, faults);
  const soft = readHeaders(binding.headers, message, header, faults);
  faults.addRuleViolations(violationsWithout(soft, () => validate(input, message)));
  faults.throwIfAny();
  return { message, preferences: soft.flatMap(({ applied }) => applied ?? []) };
}

function readPathValues(
  { variables }: Route,
  message: Message,
  values: RequestParts["pathValues"],
  faults: Faults,
): void {
  for (const { name, path, read } of variables.values()) {
    const text = values.get(name);
    if (text === undefined) {
      faults.addUnreadable(name, "invalid_format", "must be percent-encoded UTF-8 in the path");
      continue;
    }
    const reading = read(text);
    if (reading.ok) writePath(message, path, reading.value);
    else faults.addText(name, reading);
  }
}
