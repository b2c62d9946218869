/**
 * JSON → messages, strictly, by a reader that is compiled once for each message type. It reads on after
 * a fault, so that all of them are told at once, and leaves a placeholder for a list item that it could
 * not read, so that the indexes of the others stay right for the rules that come after.
 *
 * Names are snake_case or lowerCamelCase; `null` is the same as leaving a field out.
 */
import {
  create,
  type DescField,
  type DescMessage,
  type JsonObject,
  type JsonValue,
  type Message,
} from "@bufbuild/protobuf";
import { scalarZeroValue } from "@bufbuild/protobuf/reflect";
import type { Faults } from "./faults.ts";
import {
  findField,
  isUnwrapped,
  namedFields,
  nearestFieldName,
  oneofProblem,
  type Properties,
  writeField,
} from "./fields.ts";
import {
  enumReader,
  jsonKind,
  quote,
  type Read,
  scalarFromJson,
  scalarFromText,
  unwrap,
  wellKnownReader,
} from "./scalars.ts";
import { didYouMean } from "./suggest.ts";

/** Reads a value; `undefined` when it could not, and then the faults say why. */
type ReadValue = (json: JsonValue, path: string, faults: Faults) => unknown;
type ReadField = (message: Message, json: JsonValue, path: string, faults: Faults) => void;

const readers = new WeakMap<DescMessage, ReadInto>();
type ReadInto = (message: Message, json: JsonObject, prefix: string, faults: Faults) => void;

/** Whether a JSON value is an object. */
export function isJsonObject(json: JsonValue): json is JsonObject {
  return json !== null && typeof json === "object" && !Array.isArray(json);
}

/** Reads the members of `json` into `message`. */
export function readMessage(
  desc: DescMessage,
  message: Message,
  json: JsonObject,
  faults: Faults,
): void {
  readerOf(desc)(message, json, "", faults);
}

/** Reads `json` into one field of `message`, for a binding whose body is that field. */
export function readFieldValue(
  field: DescField,
  message: Message,
  json: JsonValue,
  faults: Faults,
): void {
  fieldReader(field)(message, json, field.name, faults);
}

/** The path of a place in a JSON value in the names of the fields, as far as they are known. */
export function restPath(desc: DescMessage, place: readonly (string | number)[]): string {
  let path = "";
  let current: DescMessage | undefined = desc;
  for (const part of place) {
    if (typeof part === "number") path += `[${part}]`;
    else {
      const field: DescField | undefined = current && findField(current, part);
      path += `${path && "."}${field?.name ?? part}`;
      current = field?.message;
    }
  }
  return path;
}

function readerOf(desc: DescMessage): ReadInto {
  const known = readers.get(desc);
  if (known) return known;
  const members = new Map<string, { readonly field: DescField; readonly read: ReadField }>();
  const reader: ReadInto = (message, json, prefix, faults) => {
    const seen = new Set<object>();
    for (const [name, value] of Object.entries(json)) {
      const member = members.get(name);
      if (member === undefined) addUnknown(desc, prefix + name, name, faults);
      else if (!repeats(member.field, value, seen, prefix, faults)) {
        member.read(message, value, prefix + member.field.name, faults);
      }
    }
  };
  // Known before its fields are compiled, so that a recursive type finds itself.
  readers.set(desc, reader);
  for (const [name, field] of namedFields(desc)) {
    members.set(name, { field, read: fieldReader(field) });
  }
  return reader;
}

function addUnknown(desc: DescMessage, path: string, name: string, faults: Faults): void {
  const hint = faults.areTold ? didYouMean(nearestFieldName(desc, name)) : "";
  faults.add(path, "unknown_field", `is not a field of this request${hint}`);
}

/** Notes `field` as seen, and adds a fault when it, or another of its oneof, was set before. */
function repeats(
  field: DescField,
  value: JsonValue,
  seen: Set<object>,
  prefix: string,
  faults: Faults,
): boolean {
  const path = prefix + field.name;
  if (seen.has(field)) {
    faults.add(path, "duplicate_field", "is given twice, by its two names");
    return true;
  }
  seen.add(field);
  if (field.oneof === undefined || value === null) return false;
  if (seen.has(field.oneof)) {
    faults.add(path, "oneof_conflict", oneofProblem(field.oneof));
    return true;
  }
  seen.add(field.oneof);
  return false;
}

function fieldReader(field: DescField): ReadField {
  const read =
    field.fieldKind === "list"
      ? listReader(field)
      : field.fieldKind === "map"
        ? mapReader(field)
        : single(field);
  const nullIsValue = isNullable(field);
  return (message, json, path, faults) => {
    if (json === null && !nullIsValue) return;
    const value = read(json, path, faults);
    if (value !== undefined) writeField(message, field, value);
  };
}

/** `google.protobuf.Value` and `NullValue` have a null of their own. */
function isNullable(field: DescField): boolean {
  const type = field.message?.typeName ?? field.enum?.typeName;
  const singular = field.fieldKind !== "list" && field.fieldKind !== "map";
  return singular && (type === "google.protobuf.Value" || type === "google.protobuf.NullValue");
}

function single(field: DescField & { fieldKind: "scalar" | "enum" | "message" }): ReadValue {
  const read = itemReader(field);
  if (!isUnwrapped(field)) return read;
  return (json, path, faults) => {
    const wrapper = read(json, path, faults);
    return wrapper === undefined ? undefined : unwrap(wrapper);
  };
}

/** Of a single value, or of one item of a list or map. */
function itemReader(field: DescField): ReadValue {
  if (field.enum?.typeName === "google.protobuf.NullValue") return () => 0;
  if (field.enum) return plain(enumReader(field.enum));
  if (field.message === undefined) {
    return plain(scalarFromJson(field.scalar, "longAsString" in field && field.longAsString));
  }
  // In a field, memory holds a Struct as the JSON object that it stands for.
  if (field.message.typeName === "google.protobuf.Struct") return objectReader((json) => json);
  const wellKnown = wellKnownReader(field.message);
  return wellKnown ? plain(wellKnown) : messageReader(field.message);
}

function plain(read: Read<JsonValue>): ReadValue {
  return (json, path, faults) => {
    const reading = read(json);
    if (reading.ok) return reading.value;
    faults.add(path, reading.rule, reading.problem);
    return undefined;
  };
}

function objectReader(
  read: (json: JsonObject, path: string, faults: Faults) => unknown,
): ReadValue {
  return (json, path, faults) => {
    if (isJsonObject(json)) return read(json, path, faults);
    faults.add(path, "wrong_type", `must be an object, not ${jsonKind(json)}`);
    return undefined;
  };
}

function messageReader(desc: DescMessage): ReadValue {
  let reader: ReadInto | undefined;
  return objectReader((json, path, faults) => {
    reader ??= readerOf(desc);
    const message = create(desc);
    reader(message, json, `${path}.`, faults);
    return message;
  });
}

function listReader(field: DescField & { fieldKind: "list" }): ReadValue {
  const read = itemReader(field);
  return (json, path, faults) => {
    if (Array.isArray(json)) {
      return json.map((item, i) => read(item, `${path}[${i}]`, faults) ?? placeholder(field));
    }
    faults.add(path, "wrong_type", `must be an array, not ${jsonKind(json)}`);
    return undefined;
  };
}

function placeholder(field: DescField & { fieldKind: "list" }): unknown {
  if (field.message) return create(field.message);
  return field.enum ? 0 : scalarZeroValue(field.scalar, field.longAsString);
}

function mapReader(field: DescField & { fieldKind: "map" }): ReadValue {
  const readKey = scalarFromText(field.mapKey, true);
  const read = itemReader(field);
  return objectReader((json, path, faults) => {
    const map: Properties = {};
    for (const [name, item] of Object.entries(json)) {
      const at = `${path}[${quote(name)}]`;
      const key = readKey(name);
      if (!key.ok) faults.add(at, key.rule, `has a key that ${key.problem}`);
      const value = read(item, at, faults);
      // Defined, not assigned: a key may be "__proto__".
      if (key.ok && value !== undefined) {
        Object.defineProperty(map, String(key.value), {
          value,
          enumerable: true,
          writable: true,
          configurable: true,
        });
      }
    }
    return map;
  });
}
