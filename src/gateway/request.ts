/**
 * From an HTTP request to the method's message: body, query, path and headers, in rising order of weight,
 * as one JSON value that is then decoded strictly, so that all violations come at once.
 */
import {
  type DescField,
  type DescMessage,
  type JsonObject,
  type JsonValue,
  type Message,
  ScalarType,
} from "@bufbuild/protobuf";
import type { HeaderBinding } from "../../gen/gateway/v1/annotations_pb.ts";
import { decodeMessage, isObject } from "./decode.ts";
import { enumNames } from "./enum-names.ts";
import { type FieldViolation, GatewayError } from "./fault.ts";
import { fieldNamed, unknownField } from "./field-path.ts";
import { fieldAt, type Match } from "./routes.ts";

export interface RequestParts {
  readonly match: Match;
  readonly header: Headers;
  readonly query: URLSearchParams;
  /** The body's bytes; empty when there is none. */
  readonly body: Uint8Array;
}

export interface BuiltRequest {
  readonly message: Message;
  readonly violations: readonly FieldViolation[];
  /** What `Preference-Applied` says (RFC 7240), if anything. */
  readonly preferences: readonly string[];
}

/**
 * The message of a request, with what could not be put into it.
 * @throws GatewayError malformed or unsupported_media_type
 */
export function buildRequest({ match, header, query, body }: RequestParts): BuiltRequest {
  const { route, pathValues } = match;
  const { input } = route.method;
  const json = route.body === "" ? {} : readBody(route.body, header, body);
  const violations: FieldViolation[] = [];
  if (route.body !== "*") addQuery(input, json, query, violations);
  for (const [path, value] of pathValues) setPath(input, json, path, textValue(input, path, value));
  const preferences = addHeaders(input, json, route.options?.headers ?? [], header);
  const decoded = decodeMessage(input, json);
  return {
    message: decoded.message,
    violations: [...violations, ...decoded.violations],
    preferences,
  };
}

function readBody(binding: string, header: Headers, body: Uint8Array): JsonObject {
  if (body.length === 0) {
    throw new GatewayError("malformed", "The body is empty; it must be a JSON object");
  }
  requireJson(header.get("content-type"));
  const value = parseJson(body);
  if (binding !== "*") return { [binding]: value };
  if (isObject(value)) return value;
  throw new GatewayError("malformed", "The body must be a JSON object");
}

/** A body without a type is taken as JSON; any other type, or charset, is refused. */
function requireJson(contentType: string | null): void {
  if (contentType === null) return;
  const [type = "", ...parameters] = contentType
    .toLowerCase()
    .split(";")
    .map((part) => part.trim());
  const charset = parameters.find((part) => part.startsWith("charset="))?.slice(8);
  const isJson = type === "application/json" || /^application\/[a-z0-9.-]+\+json$/.test(type);
  const isUtf8 = charset === undefined || /^"?utf-?8"?$/.test(charset);
  if (isJson && isUtf8) return;
  throw new GatewayError(
    "unsupported_media_type",
    "The body must be application/json in UTF-8; set the Content-Type header",
  );
}

function parseJson(body: Uint8Array): JsonValue {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(body);
    return JSON.parse(text) as JsonValue;
  } catch (error) {
    const isText = error instanceof SyntaxError;
    const problem = isText ? "The body is not JSON" : "The body is not UTF-8";
    throw new GatewayError("malformed", problem);
  }
}

function addQuery(
  input: DescMessage,
  json: JsonObject,
  query: URLSearchParams,
  violations: FieldViolation[],
): void {
  for (const name of new Set(query.keys())) {
    const path = resolvePath(input, name);
    const field = path === null ? undefined : fieldAt(input, path);
    if (path === null || field === undefined) {
      violations.push(unknownField(input, name, name));
      continue;
    }
    const values = query.getAll(name);
    if (field.fieldKind === "list") {
      setPath(
        input,
        json,
        path,
        values.map((value) => scalarValue(field, value)),
      );
    } else if (values.length > 1) {
      violations.push({ field: path, rule: "duplicate", message: "is given more than once" });
    } else setPath(input, json, path, textValue(input, path, values[0] ?? ""));
  }
}

/** A query name, in either spelling, as a path of proto names; null when there is no such field. */
function resolvePath(schema: DescMessage, name: string): string | null {
  const [head = "", ...rest] = name.split(".");
  const field = fieldNamed(schema, head);
  if (field === undefined) return null;
  if (rest.length === 0) return field.name;
  const below = field.message && resolvePath(field.message, rest.join("."));
  return below ? `${field.name}.${below}` : null;
}

function setPath(schema: DescMessage, json: JsonObject, path: string, value: JsonValue): void {
  const [name = "", ...rest] = path.split(".");
  const field = fieldNamed(schema, name);
  if (field === undefined) return;
  delete json[field.jsonName];
  if (rest.length === 0 || field.message === undefined) {
    json[field.name] = value;
    return;
  }
  const below = json[field.name];
  const object = isObject(below) ? below : {};
  json[field.name] = object;
  setPath(field.message, object, rest.join("."), value);
}

/** @throws GatewayError malformed, naming the field, when `text` cannot be its type */
function textValue(input: DescMessage, path: string, text: string): JsonValue {
  const field = fieldAt(input, path);
  if (field === undefined) throw new TypeError(`no field ${path}`);
  return scalarValue(field, text, path);
}

const integerTypes = new Set([
  ScalarType.INT32,
  ScalarType.SINT32,
  ScalarType.UINT32,
  ScalarType.FIXED32,
  ScalarType.SFIXED32,
]);

function scalarValue(field: DescField, text: string, path = field.name): JsonValue {
  if (field.enum !== undefined) {
    const names = enumNames(field.enum);
    if (names.numberOf(text) !== undefined) return text;
    return unreadable(path, `must be one of: ${names.bare.join(", ")}`);
  }
  if (field.message !== undefined) return text;
  switch (field.scalar) {
    case ScalarType.STRING:
    case ScalarType.BYTES:
      return text;
    case ScalarType.BOOL:
      if (text !== "true" && text !== "false") return unreadable(path, "must be true or false");
      return text === "true";
    case ScalarType.FLOAT:
    case ScalarType.DOUBLE: {
      const number = Number(text);
      return text.trim() === "" || Number.isNaN(number)
        ? unreadable(path, "must be a number")
        : number;
    }
    default:
      if (!/^-?\d{1,20}$/.test(text)) return unreadable(path, "must be a whole number");
      return integerTypes.has(field.scalar as ScalarType) ? Number(text) : text;
  }
}

function unreadable(path: string, message: string): never {
  throw new GatewayError("malformed", `${path} ${message}`, {
    violations: [{ field: path, rule: "type", message }],
  });
}

/** Sets the fields that headers bind; returns the preferences that were used. */
function addHeaders(
  input: DescMessage,
  json: JsonObject,
  bindings: readonly HeaderBinding[],
  header: Headers,
): string[] {
  const applied: string[] = [];
  for (const binding of bindings) {
    const { field, preference, lenient } = binding;
    const sent = header.get(binding.header);
    const value = sent !== null && preference !== "" ? preferenceOf(sent, preference) : sent;
    if (value === null) continue;
    try {
      setPath(input, json, field, textValue(input, field, value));
      if (preference !== "") applied.push(`${preference}=${value}`);
    } catch (error) {
      // RFC 7240: a preference that cannot be honoured is ignored.
      if (!lenient && preference === "") throw error;
    }
  }
  return applied;
}

/** The value of one preference in a `Prefer` header; null when it is not there. */
function preferenceOf(header: string, name: string): string | null {
  for (const preference of header.split(",")) {
    const [token = ""] = preference.split(";");
    const [key = "", value = ""] = token.split("=").map((part) => part.trim());
    if (key.toLowerCase() === name.toLowerCase()) return value.replace(/^"(.*)"$/, "$1");
  }
  return null;
}
