/**
 * Message to JSON text in the dialect of the REST face, driven by descriptors and compiled once for each
 * message type: fields in the order of their numbers, in `snake_case`; an absent optional scalar or
 * message is an explicit null; empty lists and maps are `[]` and `{}`; zero and false are themselves; enum
 * values are bare lower-case names.
 */
import {
  type DescField,
  type DescMessage,
  type JsonValue,
  type Message,
  ScalarType,
  toJson,
} from "@bufbuild/protobuf";
import { type ReflectMessage, reflect } from "@bufbuild/protobuf/reflect";
import { FeatureSet_FieldPresence, type Timestamp } from "@bufbuild/protobuf/wkt";
import { enumNames } from "./enum-names.ts";
import { isVisible } from "./field-path.ts";

type Print = (message: Message) => JsonValue;
type PrintValue = (value: unknown) => JsonValue;

const compiled = new WeakMap<DescMessage, Print>();

/** The JSON value of `message`. */
export function printMessage(schema: DescMessage, message: Message): JsonValue {
  return printerOf(schema)(message);
}

function printerOf(schema: DescMessage): Print {
  const found = compiled.get(schema);
  if (found !== undefined) return found;
  // Looked up when it is called, so that a message may contain itself.
  const print = compile(schema);
  compiled.set(schema, print);
  return print;
}

function compile(schema: DescMessage): Print {
  if (schema.typeName === "google.protobuf.Timestamp") {
    return (message) => printTimestamp(message as Timestamp);
  }
  if (schema.typeName.startsWith("google.protobuf.")) {
    return (message) => toJson(schema, message);
  }
  const fields = [...schema.fields]
    .filter(isVisible)
    .sort((a, b) => a.number - b.number)
    .map((field) => ({ field, print: compileField(field) }));
  return (message) => {
    const view = reflect(schema, message);
    return Object.fromEntries(fields.map(({ field, print }) => [field.name, print(view)]));
  };
}

function compileField(field: DescField): (message: ReflectMessage) => JsonValue {
  const printValue = compileValue(field);
  switch (field.fieldKind) {
    case "list":
      return (message) => [...message.get(field)].map(printValue);
    case "map":
      return (message) => {
        const entries = [...message.get(field)].map(([key, value]) => {
          return [String(key), printValue(value)] as const;
        });
        return Object.fromEntries(entries);
      };
    default: {
      // Fields without presence print their zero.
      const hasPresence = field.presence !== FeatureSet_FieldPresence.IMPLICIT;
      return (message) => {
        if (hasPresence && !message.isSet(field)) return null;
        return printValue(message.get(field));
      };
    }
  }
}

function compileValue(field: DescField): PrintValue {
  if (field.message !== undefined) {
    const schema = field.message;
    return (value) => printerOf(schema)((value as ReflectMessage).message);
  }
  if (field.enum !== undefined) {
    const names = enumNames(field.enum);
    return (value) => names.nameOf(value as number);
  }
  return scalarPrinter(field.scalar as ScalarType);
}

function scalarPrinter(type: ScalarType): PrintValue {
  switch (type) {
    case ScalarType.BYTES:
      return (value) => Buffer.from(value as Uint8Array).toString("base64");
    case ScalarType.FLOAT:
    case ScalarType.DOUBLE:
      return (value) => (Number.isFinite(value) ? (value as number) : String(value));
    default:
      return (value) => (typeof value === "bigint" ? String(value) : (value as JsonValue));
  }
}

/** RFC 3339 in UTC; no fraction when there is none, else 3, 6 or 9 digits. */
function printTimestamp({ seconds, nanos }: Timestamp): string {
  const whole = new Date(Number(seconds) * 1000).toISOString().slice(0, 19);
  if (nanos === 0) return `${whole}Z`;
  const digits = String(nanos)
    .padStart(9, "0")
    .replace(/(?:000){1,2}$/, "");
  return `${whole}.${digits}Z`;
}
