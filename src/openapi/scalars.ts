/** Scalars and well-known types as JSON Schema, in the gateway's dialect (see `src/gateway/printer.ts`). */
import { type DescMessage, ScalarType } from "@bufbuild/protobuf";
import { wellKnownForm } from "../gateway/well-known.ts";
import type { JsonSchema } from "./document.ts";

/** A schema is of what the gateway reads, or of what it prints. */
export type Role = "request" | "answer";

const int32: JsonSchema = {
  type: "integer",
  format: "int32",
  minimum: -(2 ** 31),
  maximum: 2 ** 31 - 1,
};
const uint32: JsonSchema = { type: "integer", minimum: 0, maximum: 2 ** 32 - 1 };
const longText = { int64: "^(?:0|-?[1-9][0-9]{0,18})$", uint64: "^(?:0|[1-9][0-9]{0,19})$" };

/** 64-bit integers are printed as strings, since a JSON number is a double; both are read. */
function long(pattern: string, role: Role): JsonSchema {
  return { type: role === "answer" ? "string" : ["string", "integer"], pattern };
}

/** A double that JSON cannot say (NaN, infinities) is a string on the wire; that is left unsaid here. */
export function scalarSchema(scalar: ScalarType, role: Role): JsonSchema {
  switch (scalar) {
    case ScalarType.STRING:
      return { type: "string" };
    case ScalarType.BYTES:
      return { type: "string", contentEncoding: "base64" };
    case ScalarType.BOOL:
      return { type: "boolean" };
    case ScalarType.DOUBLE:
      return { type: "number", format: "double" };
    case ScalarType.FLOAT:
      return { type: "number", format: "float" };
    case ScalarType.INT32:
    case ScalarType.SINT32:
    case ScalarType.SFIXED32:
      return int32;
    case ScalarType.UINT32:
    case ScalarType.FIXED32:
      return uint32;
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
      return long(longText.uint64, role);
    default:
      return long(longText.int64, role);
  }
}

const wellKnown: Readonly<Record<string, JsonSchema>> = {
  "google.protobuf.Timestamp": { type: "string", format: "date-time" },
  "google.protobuf.Duration": {
    type: "string",
    pattern: "^-?[0-9]+(?:\\.[0-9]{1,9})?s$",
    examples: ["1.5s"],
  },
  "google.protobuf.FieldMask": { type: "string", examples: ["title,author.name"] },
  "google.protobuf.Struct": { type: "object" },
  "google.protobuf.Value": {},
  "google.protobuf.ListValue": { type: "array", items: {} },
};

/** The schema of a type with a JSON form of its own; undefined for the others. */
export function wellKnownSchema(desc: DescMessage): JsonSchema | undefined {
  if (wellKnownForm(desc) === undefined) return undefined;
  const schema = wellKnown[desc.typeName];
  if (schema === undefined) throw new TypeError(`no schema for ${desc.typeName}`);
  return schema;
}

/** The schema that allows null besides. */
export function nullable(schema: JsonSchema): JsonSchema {
  const { type, enum: values } = schema;
  if (Object.keys(schema).length === 0) return schema;
  if (type === undefined) {
    return { anyOf: [schema, { type: "null" }] };
  }
  const types = Array.isArray(type) ? type : [type];
  return {
    ...schema,
    type: [...types, "null"],
    ...(Array.isArray(values) && { enum: [...values, null] }),
  };
}
