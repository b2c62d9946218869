/** Printing where JavaScript, or JSON, has names and values of its own that are not the message's. */
import { create, createFileRegistry, type DescMessage } from "@bufbuild/protobuf";
import {
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  FileDescriptorProtoSchema,
} from "@bufbuild/protobuf/wkt";
import { expect, it } from "vitest";
import { fieldPrinter, messagePrinter } from "../../src/gateway/printer.ts";
import { typesSchema } from "./library.ts";

/** What every object has, and what JSON.stringify or the parser of JavaScript would heed. */
const names = [
  "a",
  "__proto__",
  "constructor",
  "has_own_property",
  "is_prototype_of",
  "to_json",
  "toJSON",
  "to_string",
  "value_of",
  "z",
];

/** A message of optional strings with these names. */
function schemaOf(syntax: "proto2" | "proto3"): DescMessage {
  const field = names.map((name, i) => ({
    name,
    jsonName: `field${i}`,
    number: i + 1,
    type: FieldDescriptorProto_Type.STRING,
    label: FieldDescriptorProto_Label.OPTIONAL,
    ...(syntax === "proto3" && { proto3Optional: true, oneofIndex: i }),
  }));
  const oneofDecl = syntax === "proto3" ? names.map((_, i) => ({ name: `_oneof${i}` })) : [];
  const file = create(FileDescriptorProtoSchema, {
    name: "names.proto",
    package: "names",
    syntax,
    messageType: [{ name: "Names", field, oneofDecl }],
  });
  const registry = createFileRegistry(file, () => undefined);
  return registry.getMessage("names.Names")!;
}

it.each(["proto2", "proto3"] as const)("every name of %s is a field like any other", (syntax) => {
  const schema = schemaOf(syntax);
  const print = messagePrinter(schema);
  const membersOf = (textOf: (name: string) => string | null) =>
    `{${names.map((name) => `${JSON.stringify(name)}:${JSON.stringify(textOf(name))}`).join(",")}}`;
  expect(print(create(schema))).toBe(membersOf(() => null));
  const message = create(schema);
  for (const { name, localName } of schema.fields) {
    Object.defineProperty(message, localName, { value: name, enumerable: true });
  }
  expect(print(message)).toBe(membersOf((name) => name));
});

it.each([
  [-0, "-0"],
  [0, "0"],
  [1e21, "1e+21"],
  [Number.NaN, '"NaN"'],
  [Number.NEGATIVE_INFINITY, '"-Infinity"'],
])("the double %d is %s", (number, text) => {
  const message = create(typesSchema, { double: number } as never);
  expect(fieldPrinter(typesSchema.field["double"]!)(message)).toBe(text);
  expect(messagePrinter(typesSchema)(message)).toContain(`"double":${text},`);
});
