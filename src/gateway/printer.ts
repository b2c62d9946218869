/**
 * Messages → JSON in the gateway's dialect, by a printer that is compiled once for each message type:
 *
 * - fields in the order of their declaration, by their snake_case names; hidden ones are left out;
 * - a field with presence that is not set is `null`, an empty list `[]`, an empty map `{}`, and zero,
 *   false and "" are themselves;
 * - enum values by their bare lower-case names (see `enum-names.ts`), an unknown number as a number;
 * - 64-bit integers as strings and bytes as base64, as in ProtoJSON;
 * - the well-known types as in `well-known.ts`.
 */
import { type DescField, type DescMessage, type Message, ScalarType } from "@bufbuild/protobuf";
import { base64Encode } from "@bufbuild/protobuf/wire";
import { isWrapperDesc } from "@bufbuild/protobuf/wkt";
import { enumNames } from "./enum-names.ts";
import { isUnwrapped, type Properties, readField, visibleFields } from "./fields.ts";
import { wellKnownForm } from "./well-known.ts";

/** Prints a value as it lies in memory. */
export type Print = (value: unknown) => string;

const printers = new WeakMap<DescMessage, Print>();

/** The printer of a message type. */
export function messagePrinter(desc: DescMessage): (message: Message) => string {
  return printerOf(desc);
}

/** The printer of one field of a message, for `response_body`: its value alone, or `null`. */
export function fieldPrinter(field: DescField): (message: Message) => string {
  const print = valuePrinter(field);
  return (message) => {
    const value = readField(message, field);
    return value === undefined ? "null" : print(value);
  };
}

function printerOf(desc: DescMessage): Print {
  const known = printers.get(desc);
  if (known) return known;
  const own = specialPrinter(desc);
  if (own) return own;
  const parts: { head: string; none: string; field: DescField; print: Print }[] = [];
  const printer: Print = (message) => {
    let text = "";
    for (const { head, none, field, print } of parts) {
      const value = readField(message as Message, field);
      text += value === undefined ? none : head + print(value);
    }
    return text === "" ? "{}" : `${text}}`;
  };
  // Known before its fields are compiled, so that a recursive type finds itself.
  printers.set(desc, printer);
  for (const field of visibleFields(desc)) {
    const head = `${parts.length === 0 ? "{" : ","}${JSON.stringify(field.name)}:`;
    parts.push({ head, none: `${head}null`, field, print: valuePrinter(field) });
  }
  return printer;
}

function specialPrinter(desc: DescMessage): Print | undefined {
  if (isWrapperDesc(desc)) {
    const print = valuePrinter(desc.fields[0]!);
    return (wrapper) => print((wrapper as Properties)["value"]);
  }
  const form = wellKnownForm(desc);
  return form && ((message) => form.print(message as Message, desc));
}

function valuePrinter(field: DescField): Print {
  switch (field.fieldKind) {
    case "list":
      return listPrinter(itemPrinter(field));
    case "map":
      return mapPrinter(itemPrinter(field));
    case "message":
      if (isUnwrapped(field)) return valuePrinter(field.message.fields[0]!);
      return itemPrinter(field);
    default:
      return itemPrinter(field);
  }
}

/** Of a single value, or of one item of a list or map. */
function itemPrinter(field: DescField): Print {
  if (field.enum) return enumPrinter(field);
  if (field.message) return messageValuePrinter(field.message);
  return scalarPrinter(field.scalar);
}

function messageValuePrinter(desc: DescMessage): Print {
  // In a field, memory holds a Struct as the JSON object that it stands for.
  return desc.typeName === "google.protobuf.Struct" ? JSON.stringify : printerOf(desc);
}

function listPrinter(print: Print): Print {
  return (list) => {
    let text = "";
    for (const item of list as unknown[]) text += (text === "" ? "[" : ",") + print(item);
    return text === "" ? "[]" : `${text}]`;
  };
}

function mapPrinter(print: Print): Print {
  return (map) => {
    let text = "";
    for (const [key, value] of Object.entries(map as Properties)) {
      text += `${text === "" ? "{" : ","}${JSON.stringify(key)}:${print(value)}`;
    }
    return text === "" ? "{}" : `${text}}`;
  };
}

function enumPrinter(field: DescField & { enum: object }): Print {
  if (field.enum.typeName === "google.protobuf.NullValue") return () => "null";
  const names = enumNames(field.enum);
  return (number) => {
    const name = names.nameOf(number as number);
    return name === undefined ? String(number) : JSON.stringify(name);
  };
}

function scalarPrinter(scalar: ScalarType): Print {
  switch (scalar) {
    case ScalarType.STRING:
      return JSON.stringify;
    case ScalarType.BYTES:
      return (bytes) => `"${base64Encode(bytes as Uint8Array)}"`;
    case ScalarType.INT64:
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
    case ScalarType.SFIXED64:
    case ScalarType.SINT64:
      return (number) => `"${number}"`;
    case ScalarType.DOUBLE:
      return (number) => printDouble(number as number);
    case ScalarType.FLOAT:
      return (number) => printDouble(shortestFloat(number as number));
    default:
      return String;
  }
}

function printDouble(number: number): string {
  if (Object.is(number, -0)) return "-0";
  return Number.isFinite(number) ? String(number) : `"${number}"`;
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
