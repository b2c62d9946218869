/**
 * Single values → fields: numbers, strings, booleans, bytes, enum values and the well-known types.
 * A `Reading` is either the value as it lies in memory or what is wrong with it, said as the end of a
 * sentence that begins with the field's name.
 *
 * In JSON, numbers are numbers and strings are strings; only 64-bit integers may be either, and the
 * three floats that JSON cannot say are strings, as in ProtoJSON. In text (path, query, header) a
 * number is written as in JSON, and a boolean is `true` or `false`.
 */
import {
  create,
  type DescEnum,
  type DescField,
  type DescMessage,
  type JsonValue,
  type Message,
  protoInt64,
  ScalarType,
} from "@bufbuild/protobuf";
import { base64Decode } from "@bufbuild/protobuf/wire";
import { isWrapperDesc } from "@bufbuild/protobuf/wkt";
import { enumNames } from "./enum-names.ts";
import type { FaultRule } from "./faults.ts";
import { isUnwrapped, type Properties } from "./fields.ts";
import { didYouMean, nearest } from "./suggest.ts";
import { wellKnownForm } from "./well-known.ts";

export type Reading =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly rule: FaultRule; readonly problem: string };

export type Read<From> = (from: From) => Reading;

const fine = (value: unknown): Reading => ({ ok: true, value });
const fault = (rule: FaultRule, problem: string): Reading => ({ ok: false, rule, problem });

const smallIntegers: Partial<Record<ScalarType, readonly [number, number]>> = {
  [ScalarType.INT32]: [-(2 ** 31), 2 ** 31 - 1],
  [ScalarType.SINT32]: [-(2 ** 31), 2 ** 31 - 1],
  [ScalarType.SFIXED32]: [-(2 ** 31), 2 ** 31 - 1],
  [ScalarType.UINT32]: [0, 2 ** 32 - 1],
  [ScalarType.FIXED32]: [0, 2 ** 32 - 1],
};

const bigIntegers: Partial<Record<ScalarType, readonly [bigint, bigint]>> = {
  [ScalarType.INT64]: [-(2n ** 63n), 2n ** 63n - 1n],
  [ScalarType.SINT64]: [-(2n ** 63n), 2n ** 63n - 1n],
  [ScalarType.SFIXED64]: [-(2n ** 63n), 2n ** 63n - 1n],
  [ScalarType.UINT64]: [0n, 2n ** 64n - 1n],
  [ScalarType.FIXED64]: [0n, 2n ** 64n - 1n],
};

/** A JSON value in words, for "must be …, not a string". */
export function jsonKind(json: JsonValue): string {
  if (json === null) return "null";
  if (Array.isArray(json)) return "an array";
  if (typeof json === "object") return "an object";
  return typeof json === "boolean" ? String(json) : `a ${typeof json}`;
}

/** Reads JSON as a scalar. `longAsString` is how the field keeps its 64-bit integers in memory. */
export function scalarFromJson(scalar: ScalarType, longAsString: boolean): Read<JsonValue> {
  const small = smallIntegers[scalar];
  if (small) return (json) => smallInteger(json, small);
  const big = bigIntegers[scalar];
  if (big) return (json) => bigInteger(json, big, longAsString);
  switch (scalar) {
    case ScalarType.BOOL:
      return (json) => (typeof json === "boolean" ? fine(json) : wrongType("true or false", json));
    case ScalarType.BYTES:
      return (json) =>
        typeof json === "string" ? bytes(json) : wrongType("a base64 string", json);
    case ScalarType.STRING:
      return (json) => (typeof json === "string" ? wellFormed(json) : wrongType("a string", json));
    default:
      return (json) => float(json, scalar);
  }
}

/** Reads text as a scalar. */
export function scalarFromText(scalar: ScalarType, longAsString: boolean): Read<string> {
  const read = scalarFromJson(scalar, longAsString);
  if (scalar === ScalarType.STRING || scalar === ScalarType.BYTES) return read;
  if (scalar in bigIntegers)
    return (text) => (integerText.test(text) ? read(text) : notText(wholeNumber, text));
  if (scalar in smallIntegers) {
    return (text) => (integerText.test(text) ? read(Number(text)) : notText(wholeNumber, text));
  }
  if (scalar === ScalarType.BOOL) {
    return (text) =>
      text === "true" || text === "false" ? fine(text === "true") : notText("true or false", text);
  }
  return (text) => {
    if (Object.hasOwn(specialFloats, text)) return read(text);
    return numberText.test(text) ? read(Number(text)) : notText("a number", text);
  };
}

/** Reads a name, from JSON or text, as a value of an enum. Numbers are not accepted. */
export function enumReader(desc: DescEnum): Read<JsonValue> {
  const names = enumNames(desc);
  const expected = `one of ${names.bare.map((name) => `"${name}"`).join(", ")}`;
  return (json) => {
    if (typeof json !== "string") return wrongType(expected, json);
    const number = names.numberOf(json);
    if (number !== undefined) return fine(number);
    const hint = didYouMean(nearest(json, names.bare));
    return fault("unknown_value", `must be ${expected}, not ${quote(json)}${hint}`);
  };
}

/** Reads a well-known type that has a JSON form of its own; `undefined` for other messages. */
export function wellKnownReader(desc: DescMessage): Read<JsonValue> | undefined {
  if (isWrapperDesc(desc)) return wrapperReader(desc);
  const form = wellKnownForm(desc);
  if (form === undefined) return undefined;
  return (json) => {
    try {
      return fine(form.read(desc, json));
    } catch {
      const what = typeof json === "string" ? quote(json) : jsonKind(json);
      const rule = typeof json === "string" && form.textual ? "invalid_format" : "wrong_type";
      return fault(rule, `must be ${form.expected}, not ${what}`);
    }
  };
}

function wrapperReader(desc: DescMessage): Read<JsonValue> {
  const read = scalarFromJson(desc.fields[0]!.scalar!, false);
  return (json) => wrap(desc, read(json));
}

function wrap(desc: DescMessage, reading: Reading): Reading {
  return reading.ok ? fine(create(desc, { value: reading.value } as Properties)) : reading;
}

/**
 * Reads text as one value of a field (of a list: one item): a scalar, an enum value, a wrapper, or a
 * well-known type that a string says. `undefined` for what no text says.
 */
export function textReader(field: DescField): Read<string> | undefined {
  if (field.fieldKind === "map") return undefined;
  if (field.enum) return enumReader(field.enum);
  if (field.message === undefined) return scalarFromText(field.scalar, field.longAsString);
  const { message } = field;
  if (isWrapperDesc(message)) {
    const read = scalarFromText(message.fields[0]!.scalar!, false);
    if (isUnwrapped(field)) return read;
    return (text) => wrap(message, read(text));
  }
  return wellKnownForm(message)?.textual ? wellKnownReader(message) : undefined;
}

/** The inner value of a wrapper message, where memory holds that instead of the message. */
export function unwrap(wrapper: unknown): unknown {
  return (wrapper as Message & Properties)["value"];
}

const integerText = /^-?(?:0|[1-9]\d*)$/;
const numberText = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const wholeNumber = "a whole number";
const specialFloats: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  "-Infinity": Number.NEGATIVE_INFINITY,
};

function wrongType(expected: string, json: JsonValue): Reading {
  return fault("wrong_type", `must be ${expected}, not ${jsonKind(json)}`);
}

function notText(expected: string, text: string): Reading {
  return fault("wrong_type", `must be ${expected}, not ${quote(text)}`);
}

function outOfRange([least, most]: readonly [unknown, unknown]): Reading {
  return fault("out_of_range", `must be from ${least} to ${most}`);
}

/** A value as a message repeats it: short, and safe to print. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 64 ? `${text.slice(0, 63)}…` : text);
}

function smallInteger(json: JsonValue, range: readonly [number, number]): Reading {
  if (typeof json !== "number") return wrongType(wholeNumber, json);
  if (!Number.isFinite(json)) return outOfRange(range);
  if (!Number.isInteger(json)) return fault("wrong_type", `must be a whole number, not ${json}`);
  // Adding 0 turns -0 into 0.
  return json < range[0] || json > range[1] ? outOfRange(range) : fine(json + 0);
}

function bigInteger(
  json: JsonValue,
  range: readonly [bigint, bigint],
  longAsString: boolean,
): Reading {
  if (typeof json !== "string" && typeof json !== "number") {
    return wrongType("a whole number or a string of digits", json);
  }
  if (typeof json === "number" && Number.isInteger(json) && !Number.isSafeInteger(json)) {
    return fault("out_of_range", "must be a string of digits when it is above 2^53");
  }
  const text = String(json);
  if (!integerText.test(text)) return notText("a whole number or a string of digits", text);
  const number = text.length > 20 ? range[1] + 1n : BigInt(text);
  if (number < range[0] || number > range[1]) return outOfRange(range);
  if (longAsString) return fine(number.toString());
  return fine(range[0] === 0n ? protoInt64.uParse(number) : protoInt64.parse(number));
}

function float(json: JsonValue, scalar: ScalarType): Reading {
  if (typeof json === "string" && Object.hasOwn(specialFloats, json))
    return fine(specialFloats[json]);
  if (typeof json !== "number") return wrongType("a number", json);
  // Memory holds a float as the double that is nearest to what the wire can carry.
  const number = scalar === ScalarType.FLOAT ? Math.fround(json) : json;
  const most = scalar === ScalarType.FLOAT ? 3.4028234663852886e38 : Number.MAX_VALUE;
  return Number.isFinite(number) ? fine(number) : outOfRange([-most, most]);
}

function wellFormed(text: string): Reading {
  // A lone surrogate has no UTF-8, and a proto string is UTF-8.
  return text.isWellFormed() ? fine(text) : fault("invalid_format", "must be well-formed Unicode");
}

/** The standard or the URL-safe alphabet, with or without padding, as in ProtoJSON. */
const base64 = /^(?:[\w+/-]{4})*(?:[\w+/-]{2}(?:==)?|[\w+/-]{3}=?)?$/;

function bytes(text: string): Reading {
  return base64.test(text) ? fine(base64Decode(text)) : fault("invalid_format", "must be base64");
}
