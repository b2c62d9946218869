/**
 * Messages and enums as the components of the document. A message that is both asked for and answered
 * has two schemas: an answer has all of its fields, and null where one is not set; a request leaves
 * fields out, null is the same, and what is not a field is refused.
 */
import type { DescEnum, DescField, DescMessage, DescMethod } from "@bufbuild/protobuf";
import { getOption } from "@bufbuild/protobuf";
import { isWrapperDesc, FeatureSet_FieldPresence as Presence } from "@bufbuild/protobuf/wkt";
import { field as rulesOption } from "../../gen/buf/validate/validate_pb.ts";
import { enumNames } from "../gateway/enum-names.ts";
import { visibleFields } from "../gateway/fields.ts";
import { type Comments, markdownOf } from "./comments.ts";
import { componentRef, type JsonSchema } from "./document.ts";
import { constraintsOf, isRequired } from "./rules.ts";
import { nullable, type Role, scalarSchema, wellKnownSchema } from "./scalars.ts";

export class Schemas {
  readonly #comments: Comments;
  readonly #answered: ReadonlySet<DescMessage>;
  readonly #owners = new Map<string, unknown>();
  readonly #components: Record<string, JsonSchema> = {};

  constructor(methods: readonly DescMethod[], comments: Comments) {
    this.#comments = comments;
    const answered = new Set<DescMessage>();
    for (const { output } of methods) reach(output, answered);
    this.#answered = answered;
  }

  /** What was referred to so far, by its name in `components/schemas`. */
  get components(): Readonly<Record<string, JsonSchema>> {
    return Object.fromEntries(Object.entries(this.#components).sort(([a], [b]) => compare(a, b)));
  }

  /** Adds a schema that is no message's. @throws TypeError when the name is taken */
  add(name: string, owner: unknown, schema: () => JsonSchema): JsonSchema {
    if (!this.#owners.has(name)) {
      // Before its fields are looked at, so that a recursive type finds itself.
      this.#owners.set(name, owner);
      this.#components[name] = schema();
    }
    if (this.#owners.get(name) !== owner) throw new TypeError(`two schemas are named ${name}`);
    return componentRef("schemas", name) as unknown as JsonSchema;
  }

  /** The message where it stands alone: a body. */
  message(desc: DescMessage, role: Role): JsonSchema {
    const special = specialSchema(desc, role);
    if (special !== undefined) return special;
    const name = role === "request" ? this.#inputName(desc) : nameOf(desc);
    return this.add(name, desc, () => this.#object(desc, role, visibleFields(desc)));
  }

  /** The body of a request without the fields that its path sets; `suffix` tells several bindings apart. */
  body(desc: DescMessage, inPath: ReadonlySet<string>, suffix: string): JsonSchema {
    const rest = visibleFields(desc).filter((each) => !inPath.has(each.name));
    if (rest.length === visibleFields(desc).length) return this.message(desc, "request");
    const name = this.#inputName(desc) + suffix;
    return this.add(name, `body ${name}`, () => this.#object(desc, "request", rest));
  }

  /** The value of a field, with its description. */
  field(field: DescField, role: Role): JsonSchema {
    const value = this.value(field, role);
    const description = markdownOf(this.#comments(field));
    const schema = isNullable(field, role) ? nullable(value) : value;
    return description === "" ? schema : { description, ...schema };
  }

  /** The value of a field that is there. */
  value(field: DescField, role: Role): JsonSchema {
    const rules = constraintsOf(field);
    if (field.fieldKind === "list") {
      const { items, ...own } = rules;
      return { type: "array", items: { ...this.#item(field, role), ...(items ?? {}) }, ...own };
    }
    if (field.fieldKind === "map") {
      return { type: "object", additionalProperties: this.#item(field, role), ...rules };
    }
    return tidy({ ...this.#item(field, role), ...rules });
  }

  #inputName(desc: DescMessage): string {
    return nameOf(desc) + (this.#answered.has(desc) ? "Input" : "");
  }

  #item(field: DescField, role: Role): JsonSchema {
    if (field.enum) return this.#enum(field.enum);
    if (field.message) return this.message(field.message, role);
    return scalarSchema(field.scalar, role);
  }

  #enum(desc: DescEnum): JsonSchema {
    return this.add(nameOf(desc), desc, () => {
      const names = enumNames(desc);
      const told = new Set<string>();
      const lines = desc.values.flatMap((value) => {
        const name = names.nameOf(value.number);
        if (!name || told.has(name)) return [];
        told.add(name);
        return [`- \`${name}\`: ${markdownOf(this.#comments(value))}`];
      });
      const about = markdownOf(this.#comments(desc));
      const description = [about, lines.join("\n")].filter((part) => part !== "").join("\n\n");
      return { description, type: "string", enum: names.bare };
    });
  }

  #object(desc: DescMessage, role: Role, fields: readonly DescField[]): JsonSchema {
    const required = fields.filter((each) => role === "answer" || isRequired(each));
    const description = markdownOf(this.#comments(desc));
    return {
      ...(description !== "" && { description }),
      type: "object",
      properties: Object.fromEntries(fields.map((each) => [each.name, this.field(each, role)])),
      ...(required.length > 0 && { required: required.map(({ name }) => name) }),
      // An answer may grow; a client must not mind what it does not know.
      ...(role === "request" && { additionalProperties: false }),
    };
  }
}

/** Without the bound of a type where a rule has a narrower one by another keyword. */
function tidy({ minimum, maximum, ...schema }: JsonSchema): JsonSchema {
  const { exclusiveMinimum, exclusiveMaximum } = schema;
  return {
    ...schema,
    ...(minimum !== undefined && exclusiveMinimum === undefined && { minimum }),
    ...(maximum !== undefined && exclusiveMaximum === undefined && { maximum }),
  };
}

/**
 * Whether null can stand for the field: in a request it is the same as leaving it out; in an answer it is
 * a field with presence that is not set, or an enum's UNSPECIFIED, unless the rules say that it is always set.
 */
function isNullable(field: DescField, role: Role): boolean {
  if (role === "request") return !isRequired(field);
  if (getOption(field, rulesOption).required) return false;
  if (field.fieldKind === "list" || field.fieldKind === "map") return false;
  if (field.fieldKind === "enum" && enumNames(field.enum).nameOf(0) === null) return true;
  return field.presence !== Presence.IMPLICIT;
}

function specialSchema(desc: DescMessage, role: Role): JsonSchema | undefined {
  if (isWrapperDesc(desc)) return scalarSchema(desc.fields[0]!.scalar!, role);
  return wellKnownSchema(desc);
}

function reach(desc: DescMessage, found: Set<DescMessage>): void {
  if (found.has(desc)) return;
  found.add(desc);
  for (const { message } of visibleFields(desc)) if (message) reach(message, found);
}

/** The name within its package. */
function nameOf(desc: DescMessage | DescEnum): string {
  const { package: prefix } = desc.file.proto;
  return prefix === "" ? desc.typeName : desc.typeName.slice(prefix.length + 1);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : 1;
}
