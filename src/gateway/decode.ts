/**
 * JSON to message, strictly, with every violation at once.
 *
 * The value is walked along the descriptor and what fits is put into canonical protobuf JSON, which the
 * protobuf library turns into the message; what does not fit is listed by its path and left out. Strings
 * are no numbers and numbers are no strings; enum values are bare lower-case names or full ones; an
 * explicit null is an absent field.
 */
import {
  type DescEnum,
  type DescField,
  type DescMessage,
  fromJson,
  type JsonObject,
  type JsonValue,
  type Message,
  ScalarType,
} from "@bufbuild/protobuf";
import { enumNames } from "./enum-names.ts";
import type { FieldViolation } from "./fault.ts";
import { fieldNamed, unknownField } from "./field-path.ts";

export interface Decoded {
  readonly message: Message;
  readonly violations: readonly FieldViolation[];
}

/** Values nested deeper than this are refused. */
const maxDepth = 32;

/** The message that `json` holds, without what does not fit. */
export function decodeMessage(schema: DescMessage, json: JsonObject): Decoded {
  const violations: FieldViolation[] = [];
  const canonical = decodeObject(schema, json, "", 0, violations);
  return { message: fromJson(schema, canonical), violations };
}

function violated(
  violations: FieldViolation[],
  field: string,
  rule: string,
  message: string,
): undefined {
  violations.push({ field, rule, message });
  return undefined;
}

function decodeObject(
  schema: DescMessage,
  json: JsonObject,
  path: string,
  depth: number,
  violations: FieldViolation[],
): JsonObject {
  const canonical: JsonObject = {};
  for (const [name, value] of Object.entries(json)) {
    const at = path === "" ? name : `${path}.${name}`;
    const field = fieldNamed(schema, name);
    if (field === undefined) {
      violations.push(unknownField(schema, at, name));
      continue;
    }
    const named = path === "" ? field.name : `${path}.${field.name}`;
    if (field.jsonName in canonical) violated(violations, named, "duplicate", "is given twice");
    if (value === null) continue;
    const decoded = decodeField(field, value, named, depth, violations);
    if (decoded !== undefined) canonical[field.jsonName] = decoded;
  }
  return canonical;
}

function decodeField(
  field: DescField,
  value: JsonValue,
  path: string,
  depth: number,
  violations: FieldViolation[],
): JsonValue | undefined {
  if (depth > maxDepth) return violated(violations, path, "depth", "is nested too deep");
  switch (field.fieldKind) {
    case "list": {
      if (!Array.isArray(value)) return violated(violations, path, "type", "must be an array");
      const items = value.map((item, index) => {
        return decodeSingle(field, item, `${path}[${index}]`, depth, violations);
      });
      return items.filter((item) => item !== undefined);
    }
    case "map": {
      if (!isObject(value)) return violated(violations, path, "type", "must be an object");
      const entries = Object.entries(value).map(([key, item]) => {
        return [key, decodeSingle(field, item, `${path}["${key}"]`, depth, violations)] as const;
      });
      return Object.fromEntries(entries.filter(([, item]) => item !== undefined)) as JsonObject;
    }
    default:
      return decodeSingle(field, value, path, depth, violations);
  }
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function decodeSingle(
  field: DescField,
  value: JsonValue,
  path: string,
  depth: number,
  violations: FieldViolation[],
): JsonValue | undefined {
  if (field.message !== undefined) {
    return decodeSubMessage(field.message, value, path, depth, violations);
  }
  if (field.enum !== undefined) return decodeEnum(field.enum, value, path, violations);
  const expected = scalarProblem(field.scalar as ScalarType, value);
  return expected === null ? value : violated(violations, path, "type", expected);
}

function decodeSubMessage(
  schema: DescMessage,
  value: JsonValue,
  path: string,
  depth: number,
  violations: FieldViolation[],
): JsonValue | undefined {
  if (schema.typeName.startsWith("google.protobuf.")) {
    try {
      fromJson(schema, value);
      return value;
    } catch {
      return violated(violations, path, "type", `must be a ${schema.name} in its JSON form`);
    }
  }
  if (!isObject(value)) return violated(violations, path, "type", "must be an object");
  return decodeObject(schema, value, path, depth + 1, violations);
}

function decodeEnum(
  schema: DescEnum,
  value: JsonValue,
  path: string,
  violations: FieldViolation[],
): JsonValue | undefined {
  const names = enumNames(schema);
  const number = typeof value === "string" ? names.numberOf(value) : undefined;
  if (number !== undefined) return number;
  return violated(violations, path, "enum", `must be one of: ${names.bare.join(", ")}`);
}

const integerRanges: Partial<Record<ScalarType, readonly [bigint, bigint]>> = {
  [ScalarType.INT32]: [-(2n ** 31n), 2n ** 31n - 1n],
  [ScalarType.SINT32]: [-(2n ** 31n), 2n ** 31n - 1n],
  [ScalarType.SFIXED32]: [-(2n ** 31n), 2n ** 31n - 1n],
  [ScalarType.UINT32]: [0n, 2n ** 32n - 1n],
  [ScalarType.FIXED32]: [0n, 2n ** 32n - 1n],
  [ScalarType.INT64]: [-(2n ** 63n), 2n ** 63n - 1n],
  [ScalarType.SINT64]: [-(2n ** 63n), 2n ** 63n - 1n],
  [ScalarType.SFIXED64]: [-(2n ** 63n), 2n ** 63n - 1n],
  [ScalarType.UINT64]: [0n, 2n ** 64n - 1n],
  [ScalarType.FIXED64]: [0n, 2n ** 64n - 1n],
};

const longTypes = new Set([
  ScalarType.INT64,
  ScalarType.SINT64,
  ScalarType.SFIXED64,
  ScalarType.UINT64,
  ScalarType.FIXED64,
]);

/** What the value should be; null when it is that. */
function scalarProblem(type: ScalarType, value: JsonValue): string | null {
  const range = integerRanges[type];
  if (range !== undefined) return integerProblem(type, range, value);
  switch (type) {
    case ScalarType.STRING:
      if (typeof value !== "string") return "must be a string";
      return value.isWellFormed() ? null : "must be well-formed Unicode";
    case ScalarType.BOOL:
      return typeof value === "boolean" ? null : "must be true or false";
    case ScalarType.BYTES:
      return typeof value === "string" && /^[A-Za-z0-9+/_-]*={0,2}$/.test(value)
        ? null
        : "must be a string in base64";
    default:
      return typeof value === "number" ? null : "must be a number";
  }
}

function integerProblem(
  type: ScalarType,
  [lowest, highest]: readonly [bigint, bigint],
  value: JsonValue,
): string | null {
  // Protobuf's JSON form writes 64-bit integers as strings.
  const isLong = longTypes.has(type) && typeof value === "string" && /^-?\d{1,20}$/.test(value);
  if (!isLong && typeof value !== "number") return "must be a whole number";
  if (!isLong && !Number.isInteger(value)) return "must be a whole number";
  const integer = BigInt(value as string | number);
  if (integer >= lowest && integer <= highest) return null;
  return `must be between ${lowest} and ${highest}`;
}
