/**
 * The rules of protovalidate as JSON Schema: those that it can say as keywords, and of the others, which
 * are expressions (CEL), the two common forms `!this.matches('…')` and `this == '' || this.matches('…')`.
 * What cannot be said is only in the field's description.
 */
import { type DescField, getOption, ScalarType } from "@bufbuild/protobuf";
import { FeatureSet_FieldPresence as Presence } from "@bufbuild/protobuf/wkt";
import type { FieldRules, Rule, StringRules } from "../../gen/buf/validate/validate_pb.ts";
import { field as rulesOption } from "../../gen/buf/validate/validate_pb.ts";
import { enumNames } from "../gateway/enum-names.ts";
import type { JsonSchema } from "./document.ts";

/** Whether a request must have the field: it is required, or its absence would break another rule. */
export function isRequired(field: DescField): boolean {
  const rules = getOption(field, rulesOption);
  if (rules.required) return true;
  if (field.presence !== Presence.IMPLICIT) return false;
  return refusesZero(constraintsOf(field));
}

function refusesZero({
  minLength = 0,
  minItems = 0,
  minProperties = 0,
  minimum = 0,
  exclusiveMinimum = -1,
  maximum = 0,
  exclusiveMaximum = 1,
}: Readonly<Record<string, unknown>>): boolean {
  return (
    Math.max(Number(minLength), Number(minItems), Number(minProperties), Number(minimum)) > 0 ||
    Number(exclusiveMinimum) >= 0 ||
    Number(maximum) < 0 ||
    Number(exclusiveMaximum) <= 0
  );
}

/** The keywords that a field's rules add to the schema of its type. */
export function constraintsOf(field: DescField): JsonSchema {
  const rules = getOption(field, rulesOption);
  const required = rules.required && field.scalar === ScalarType.STRING;
  const nonEmpty = required && field.presence === Presence.IMPLICIT ? { minLength: 1 } : {};
  return { ...nonEmpty, ...typeConstraints(rules, field), ...expressionConstraints(rules.cel) };
}

function typeConstraints({ type }: FieldRules, field: DescField): JsonSchema {
  switch (type.case) {
    case undefined:
      return {};
    case "string":
      return stringConstraints(type.value);
    case "repeated": {
      const items = type.value.items && typeConstraints(type.value.items, field);
      return {
        ...keyword("minItems", given(type.value, "minItems")),
        ...keyword("maxItems", given(type.value, "maxItems")),
        ...(type.value.unique && { uniqueItems: true }),
        ...(items && { items }),
      };
    }
    case "map":
      return {
        ...keyword("minProperties", given(type.value, "minPairs")),
        ...keyword("maxProperties", given(type.value, "maxPairs")),
      };
    case "enum": {
      const names = field.enum && enumNames(field.enum);
      const allowed = type.value.in.map((number) => names?.nameOf(number));
      return allowed.length > 0 ? { enum: allowed } : {};
    }
    default:
      return numberConstraints(type.value);
  }
}

const formats: Readonly<Record<string, string>> = {
  email: "email",
  hostname: "hostname",
  ipv4: "ipv4",
  ipv6: "ipv6",
  uri: "uri",
  uriRef: "uri-reference",
  uuid: "uuid",
};

function stringConstraints(rules: StringRules): JsonSchema {
  const exact = given(rules, "len");
  const format = rules.wellKnown.value === true ? formats[rules.wellKnown.case] : undefined;
  return {
    ...keyword("minLength", exact ?? given(rules, "minLen")),
    ...keyword("maxLength", exact ?? given(rules, "maxLen")),
    ...keyword("pattern", given(rules, "pattern")),
    ...keyword("const", given(rules, "const")),
    ...(rules.in.length > 0 && { enum: rules.in }),
    ...keyword("format", format),
  };
}

interface Bound {
  readonly case?: string | undefined;
  readonly value?: unknown;
}

const bounds: Readonly<Record<string, string>> = {
  lt: "exclusiveMaximum",
  lte: "maximum",
  gt: "exclusiveMinimum",
  gte: "minimum",
};

/** Of 32-bit integers and floats: 64-bit integers are strings, and their rules are not said. */
function numberConstraints(rules: object): JsonSchema {
  const { lessThan, greaterThan } = rules as { lessThan?: Bound; greaterThan?: Bound };
  const keywords: Record<string, unknown> = {};
  for (const bound of [greaterThan, lessThan]) {
    const name = bounds[bound?.case ?? ""];
    if (name !== undefined && typeof bound?.value === "number") keywords[name] = bound.value;
  }
  return keywords;
}

function expressionConstraints(rules: readonly Rule[]): JsonSchema {
  const keywords: Record<string, unknown> = {};
  for (const { expression } of rules) {
    const [, refused] = /^!this\.matches\('((?:[^'\\]|\\.)*)'\)$/.exec(expression) ?? [];
    const [, asked] =
      /^this == '' \|\| this\.matches\('((?:[^'\\]|\\.)*)'\)$/.exec(expression) ?? [];
    if (refused !== undefined) keywords["not"] = { type: "string", pattern: unescaped(refused) };
    else if (asked !== undefined) keywords["pattern"] = unescaped(asked);
  }
  return keywords;
}

/** A string literal of CEL as the text that it stands for, as far as its backslashes are escaped. */
function unescaped(literal: string): string {
  return literal.replaceAll("\\\\", "\\");
}

/** The value of a rule that is set: its message's prototype carries the defaults of the others. */
function given<T extends object, K extends keyof T>(rules: T, name: K): T[K] | undefined {
  return Object.hasOwn(rules, name) ? rules[name] : undefined;
}

function keyword(name: string, value: unknown): JsonSchema {
  if (value === undefined) return {};
  return { [name]: typeof value === "bigint" ? Number(value) : value };
}
