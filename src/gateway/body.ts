/** The body of a request: what it must be, and how it gets into the message. */
import type { DescField, DescMessage, Message } from "@bufbuild/protobuf";
import { GatewayError } from "./fault.ts";
import type { Faults } from "./faults.ts";
import { parseJson } from "./json-text.ts";
import { isJsonObject, readFieldValue, readMessage, restPath } from "./message-reader.ts";
import type { Route } from "./routes.ts";
import { quote } from "./scalars.ts";

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

/**
 * A body without a type is taken as JSON; any other type, charset or content coding is refused, and the
 * answer says what would be taken (RFC 9110, sections 12.5.1 and 12.5.3).
 */
function requireJson(header: Headers): void {
  const coding = header.get("content-encoding")?.trim();
  if (coding !== undefined && !/^(?:identity)?$/i.test(coding)) {
    throw unsupported(`The body must not be compressed; its Content-Encoding is ${quote(coding)}`, {
      "accept-encoding": "identity",
    });
  }
  const sent = header.get("content-type");
  if (sent === null || sent === "application/json") return;
  const [type = "", ...parameters] = sent
    .toLowerCase()
    .split(";")
    .map((part) => part.trim());
  const accept = { accept: "application/json" };
  if (type !== "application/json" && !/^application\/[a-z0-9.-]+\+json$/.test(type)) {
    throw unsupported(
      `The body must be application/json; its Content-Type is ${quote(sent)}`,
      accept,
    );
  }
  const charset = parameters.find((part) => part.startsWith("charset="))?.slice(8);
  if (charset !== undefined && !/^"?utf-?8"?$/.test(charset)) {
    throw unsupported(`The body must be in UTF-8; its charset is ${quote(charset)}`, accept);
  }
}

function unsupported(message: string, headers: Readonly<Record<string, string>>): GatewayError {
  return new GatewayError("unsupported_media_type", message, { headers });
}
