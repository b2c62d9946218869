/**
 * The well-known types that have a JSON form of their own, both ways. The forms are those of ProtoJSON
 * (https://protobuf.dev/programming-guides/json/), but a FieldMask holds snake_case names, as all else
 * here does; lowerCamelCase ones are read too. `Any` needs a registry of types and is not served.
 */
import {
  create,
  type DescMessage,
  fromJson,
  type JsonValue,
  type Message,
  toJson,
} from "@bufbuild/protobuf";
import type { FieldMask, Timestamp } from "@bufbuild/protobuf/wkt";

export interface WellKnown {
  /** What a value of this type looks like, for error messages. */
  readonly expected: string;
  /** Whether a string is enough to say it, so that it may be in a path, a query or a header. */
  readonly textual: boolean;
  toJson(message: Message, desc: DescMessage): JsonValue;
  /** @throws Error when the value is not of this type */
  read(desc: DescMessage, json: JsonValue): Message;
}

const byReflection: WellKnown["toJson"] = (message, desc) => toJson(desc, message);

const wellKnown: Readonly<Record<string, WellKnown>> = {
  "google.protobuf.Timestamp": {
    expected: "an RFC 3339 time such as 2026-01-02T03:04:05Z",
    textual: true,
    toJson: (message) => timestampText(message as Timestamp),
    read: readTimestamp,
  },
  "google.protobuf.Duration": {
    expected: "a duration in seconds such as 1.5s",
    textual: true,
    toJson: byReflection,
    read: fromJson,
  },
  "google.protobuf.FieldMask": {
    expected: "field paths separated by commas, such as title,author.name",
    textual: true,
    toJson: (message) => (message as FieldMask).paths.join(","),
    read: readFieldMask,
  },
  "google.protobuf.Struct": {
    expected: "an object",
    textual: false,
    toJson: byReflection,
    read: fromJson,
  },
  "google.protobuf.Value": {
    expected: "a JSON value",
    textual: false,
    toJson: byReflection,
    read: fromJson,
  },
  "google.protobuf.ListValue": {
    expected: "an array",
    textual: false,
    toJson: byReflection,
    read: fromJson,
  },
};

/** The special form of this type, if it has one. Wrappers are not among them. */
export function wellKnownForm(desc: DescMessage): WellKnown | undefined {
  return wellKnown[desc.typeName];
}

/** RFC 3339, section 5.6, with capital T and Z, as ProtoJSON has them. */
const timestampShape = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;

function readTimestamp(desc: DescMessage, json: JsonValue): Message {
  const day = typeof json === "string" && timestampShape.test(json) ? json.slice(0, 10) : "";
  // Date.parse takes the 30th of February for the 2nd of March.
  const real = new Date(`${day}T00:00:00Z`);
  if (Number.isNaN(real.getTime()) || real.toISOString().slice(0, 10) !== day) {
    throw new TypeError("not a time");
  }
  return fromJson(desc, json);
}

/** RFC 3339 in UTC with as many digits of the second as are needed: none, 3, 6 or 9. */
function timestampText({ seconds, nanos }: Timestamp): string {
  const millis = Math.trunc(nanos / 1_000_000);
  const text = new Date(Number(seconds) * 1000 + millis).toISOString();
  if (nanos === millis * 1_000_000 && nanos > 0) return text;
  const whole = text.slice(0, 19);
  if (nanos === 0) return `${whole}Z`;
  const digits = String(nanos)
    .padStart(9, "0")
    .replace(/(?:000){1,2}$/, "");
  return `${whole}.${digits}Z`;
}

const maskPath = /^[a-z_][a-z0-9_]*(?:\.[a-z_][a-z0-9_]*)*$/;

function readFieldMask(desc: DescMessage, json: JsonValue): Message {
  if (typeof json !== "string") throw new TypeError("not a string");
  const paths = json === "" ? [] : json.split(",").map(snakeCase);
  if (!paths.every((path) => maskPath.test(path))) throw new TypeError("not field paths");
  return create(desc, { paths } as Record<string, unknown>);
}

function snakeCase(path: string): string {
  return path.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
