/**
 * Messages → JSON in the gateway's dialect, by a printer that is compiled once for each message type:
 *
 * - fields in the order of their declaration, by their snake_case names; hidden ones are left out;
 * - a field with presence that is not set is `null`, an empty list `[]`, an empty map `{}`, and zero,
 *   false and "" are themselves;
 * - enum values by their bare lower-case names (see `enum-names.ts`), an unknown number as a number;
 * - 64-bit integers as strings and bytes as base64, as in ProtoJSON;
 * - the well-known types as in `well-known.ts`.
 *
 * A message becomes a plain object, which `JSON.stringify` prints in one go. The object is made by JavaScript
 * that is put together from the descriptor, as Ajv and fast-json-stringify do from a schema: code that names
 * its properties costs a third of code that looks them up by name (measured).
 */
import {
  create,
  type DescField,
  type DescMessage,
  type Message,
  ScalarType,
} from "@bufbuild/protobuf";
import { base64Encode } from "@bufbuild/protobuf/wire";
import { isWrapperDesc } from "@bufbuild/protobuf/wkt";
import { enumNames } from "./enum-names.ts";
import { isUnwrapped, type Properties, readField, visibleFields } from "./fields.ts";
import { wellKnownForm } from "./well-known.ts";

/** From a value as it lies in memory to what `JSON.stringify` prints as the dialect has it. */
type ToJson = (value: unknown) => unknown;

/** Of what is in memory as it is printed. */
const asItIs: ToJson = (value) => value;

/** `JSON.stringify` drops the sign of a zero. Not in TypeScript's library yet. */
const negativeZero = (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON("-0");

const compiled = new WeakMap<DescMessage, ToJson>();

/** The printer of a message type. */
export function messagePrinter(desc: DescMessage): (message: Message) => string {
  const toJson = messageToJson(desc);
  return (message) => JSON.stringify(toJson(message));
}

/** The printer of one field of a message, for `response_body`: its value alone, or `null`. */
export function fieldPrinter(field: DescField): (message: Message) => string {
  const toJson = valueToJson(field);
  return (message) => {
    const value = readField(message, field);
    return value === undefined ? "null" : JSON.stringify(toJson(value));
  };
}

function messageToJson(desc: DescMessage): ToJson {
  const known = compiled.get(desc) ?? specialToJson(desc);
  if (known) return known;
  // Known before its fields are compiled, so that a recursive type finds itself.
  let toJson: ToJson = () => null;
  compiled.set(desc, (message) => toJson(message));
  toJson = compile(desc);
  compiled.set(desc, toJson);
  return toJson;
}

/** What the compiled code asks of a field that it cannot do by itself. */
interface Part {
  readonly read: (message: Message) => unknown;
  readonly toJson: ToJson;
}

function compile(desc: DescMessage): ToJson {
  const parts: Part[] = [];
  const isPlain = Object.getPrototypeOf(create(desc)) === Object.prototype;
  const members = visibleFields(desc).map((field, i) => {
    const toJson = valueToJson(field);
    parts.push({ read: (message) => readField(message, field), toJson });
    // What the prototype has is not what the message holds.
    const isOwn = isPlain && field.oneof === undefined && !(field.localName in Object.prototype);
    const value = isOwn
      ? `message[${JSON.stringify(field.localName)}]`
      : `parts[${i}].read(message)`;
    const json = toJson === asItIs ? "value" : `parts[${i}].toJson(value)`;
    return `${keyOf(field)}: (value = ${value}) === undefined ? null : ${json}`;
  });
  const source = `return (message) => { let value; return { ${members.join(", ")} }; };`;
  return new Function("parts", source)(parts) as ToJson;
}

/** A key that is written out would set the prototype, if it is this one. */
function keyOf({ name }: DescField): string {
  return name === "__proto__" ? '["__proto__"]' : JSON.stringify(name);
}

function specialToJson(desc: DescMessage): ToJson | undefined {
  if (isWrapperDesc(desc)) {
    const toJson = valueToJson(desc.fields[0]!);
    return (wrapper) => toJson((wrapper as Properties)["value"]);
  }
  const form = wellKnownForm(desc);
  return form && ((message) => form.toJson(message as Message, desc));
}

function valueToJson(field: DescField): ToJson {
  switch (field.fieldKind) {
    case "list":
      return listToJson(itemToJson(field));
    case "map":
      return mapToJson(itemToJson(field));
    case "message":
      if (isUnwrapped(field)) return valueToJson(field.message.fields[0]!);
      return itemToJson(field);
    default:
      return itemToJson(field);
  }
}

/** Of a single value, or of one item of a list or map. */
function itemToJson(field: DescField): ToJson {
  if (field.enum) return enumToJson(field);
  if (field.message === undefined) return scalarToJson(field.scalar);
  // In a field, memory holds a Struct as the JSON object that it stands for.
  if (field.message.typeName === "google.protobuf.Struct") return asItIs;
  return messageToJson(field.message);
}

function listToJson(toJson: ToJson): ToJson {
  return toJson === asItIs ? asItIs : (list) => (list as unknown[]).map((item) => toJson(item));
}

function mapToJson(toJson: ToJson): ToJson {
  if (toJson === asItIs) return asItIs;
  return (map) => {
    const entries = Object.entries(map as Properties);
    return Object.fromEntries(entries.map(([key, value]) => [key, toJson(value)]));
  };
}

function enumToJson(field: DescField & { enum: object }): ToJson {
  if (field.enum.typeName === "google.protobuf.NullValue") return () => null;
  const names = enumNames(field.enum);
  return (number) => {
    const name = names.nameOf(number as number);
    return name === undefined ? number : name;
  };
}

function scalarToJson(scalar: ScalarType): ToJson {
  switch (scalar) {
    case ScalarType.BYTES:
      return (bytes) => base64Encode(bytes as Uint8Array);
    case ScalarType.INT64:
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
    case ScalarType.SFIXED64:
    case ScalarType.SINT64:
      return String;
    case ScalarType.DOUBLE:
      return (number) => doubleToJson(number as number);
    case ScalarType.FLOAT:
      return (number) => doubleToJson(shortestFloat(number as number));
    default:
      return asItIs;
  }
}

function doubleToJson(number: number): unknown {
  if (Object.is(number, -0)) return negativeZero;
  return Number.isFinite(number) ? number : String(number);
}

/** The shortest decimal that is the same 32-bit number: 0.1 instead of 0.10000000149011612. */
function shortestFloat(number: number): number {
  if (number === 0 || !Number.isFinite(number)) return number;
  const single = Math.fround(number);
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(single.toPrecision(digits));
    if (Math.fround(short) === single) return short;
  }
  return Number(single.toPrecision(9));
}
