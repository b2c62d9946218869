/** The body of a request: what it must be, and how it gets into the message. */
import type { DescField, DescMessage, Message } from "@bufbuild/protobuf";
import { GatewayError } from "./fault.ts";
import type { Faults } from "./faults.ts";
import { parseJson } from "./json-text.ts";
import { isJsonObject, readFieldValue, readMessage, restPath } from "./message-reader.ts";
import type { Route } from "./routes.ts";

/**
 * Reads the body into `message`, as the binding says. Without a place for it a body is ignored, whatever
 * it is: clients send `{}` where nothing is asked for.
 * @throws GatewayError unsupported_media_type, or malformed when it is not JSON, or no object where the
 *   binding asks for one
 */
export function readBody(
  { body, method }: Route,
  message: Message,
  bytes: Uint8Array,
  header: Headers,
  faults: Faults,
): void {
  if (body === "") return;
  if (bytes.length > 0) requireJson(header);
  const { value, duplicates } = parseJson(bytes);
  for (const place of duplicates) {
    faults.add(placeOf(method.input, body, place), "duplicate_field", "is given more than once");
  }
  if (body !== "*") readFieldValue(body, message, value, faults);
  else if (isJsonObject(value)) readMessage(method.input, message, value, faults);
  else throw new GatewayError("malformed", "The body must be a JSON object");
}

function placeOf(
  input: DescMessage,
  body: DescField | "*",
  place: readonly (string | number)[],
): string {
  return restPath(input, body === "*" ? place : [body.name, ...place]);
}

/** A body without a type is taken as JSON; any other type, charset or encoding is refused. */
function requireJson(header: Headers): void {
  const [type = "", ...parameters] = (header.get("content-type") ?? "application/json")
    .toLowerCase()
    .split(";")
    .map((part) => part.trim());
  const charset = parameters.find((part) => part.startsWith("charset="))?.slice(8);
  const isJson = type === "application/json" || /^application\/[a-z0-9.-]+\+json$/.test(type);
  const isUtf8 = charset === undefined || /^"?utf-?8"?$/.test(charset);
  const isPlain = /^(?:identity)?$/i.test(header.get("content-encoding")?.trim() ?? "");
  if (isJson && isUtf8 && isPlain) return;
  throw new GatewayError(
    "unsupported_media_type",
    "The body must be application/json in UTF-8, not compressed; set the Content-Type header",
  );
}
