/** JSON → message: what is read, what is refused, and what printing and reading give back. */
import { create, type DescMessage, equals, type Message } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Faults } from "../../src/gateway/faults.ts";
import { readMessage } from "../../src/gateway/message-reader.ts";
import { messagePrinter } from "../../src/gateway/printer.ts";
import { typesSchema } from "./library.ts";

function read(json: object): { message: Message; violations: Faults["violations"] } {
  const message = create(typesSchema);
  const faults = new Faults();
  readMessage(typesSchema, message, json as never, faults);
  return { message, violations: faults.violations };
}

function printed(json: object): Record<string, unknown> {
  const { message, violations } = read(json);
  expect(violations).toEqual([]);
  return JSON.parse(messagePrinter(typesSchema)(message)) as Record<string, unknown>;
}

describe("a value comes back as it was read", () => {
  it.each([
    ["int32", -(2 ** 31)],
    ["int32", 2 ** 31 - 1],
    ["uint32", 2 ** 32 - 1],
    ["int64", "-9223372036854775808"],
    ["uint64", "18446744073709551615"],
    ["int64_text", "9007199254740993"],
    ["float", 0.1],
    ["float", 3.4028235e38],
    ["double", 1e300],
    ["double", "NaN"],
    ["double", "-Infinity"],
    ["bytes", "AAH/"],
    ["bool_value", false],
    ["int64_value", "7"],
    ["string_value", ""],
    ["timestamp", "2026-01-02T03:04:05Z"],
    ["timestamp", "0001-01-01T00:00:00.000000001Z"],
    ["duration", "1.500s"],
    ["mask", "title,author.full_name"],
    ["struct", { a: [1, null, { b: "c" }] }],
    ["value", [1, "x", null]],
    ["value", null],
    ["list_value", [true]],
    ["nothing", {}],
    ["by_bool", { true: 1, false: 2 }],
    ["by_number", { "-1": "a" }],
    ["by_name", { __proto__x: { child: null, number: 1 } }],
    ["child", { child: { child: null, number: 2 }, number: 1 }],
    ["wrapped", ["a", ""]],
    ["one_value", "x"],
  ])("%s: %j", (field, value) => {
    expect(printed({ [field]: value })[field]).toEqual(value);
  });

  it.each([
    ["int32", 1e9, 1_000_000_000],
    ["int64", 5, "5"],
    ["float", 0.10000000149011612, 0.1],
    ["timestamp", "2026-01-02T05:04:05.120+02:00", "2026-01-02T03:04:05.120Z"],
    ["mask", "fullName", "full_name"],
  ])("%s: %j is normalized", (field, value, expected) => {
    expect(printed({ [field]: value })[field]).toEqual(expected);
  });

  it("null is the same as absent", () => {
    const names = typesSchema.fields.filter(({ name }) => name !== "secret");
    const { message, violations } = read(Object.fromEntries(names.map(({ name }) => [name, null])));
    expect(violations).toEqual([]);
    expect(message).toEqual({ ...create(typesSchema), value: (message as never)["value"] });
  });
});

describe("a value that does not fit is named, with what would be right", () => {
  it.each([
    ["int32", "1", "wrong_type", "must be a whole number, not a string"],
    ["int32", 1.5, "wrong_type", "must be a whole number, not 1.5"],
    ["int32", 2 ** 31, "out_of_range", "must be from -2147483648 to 2147483647"],
    ["uint32", -1, "out_of_range", "must be from 0 to 4294967295"],
    ["int32", true, "wrong_type", "must be a whole number, not true"],
    ["int64", "1.0", "wrong_type", 'must be a whole number or a string of digits, not "1.0"'],
    ["int64", 2 ** 60, "out_of_range", "must be a string of digits when it is above 2^53"],
    ["uint64", "-1", "out_of_range", "must be from 0 to 18446744073709551615"],
    ["uint64", "9".repeat(400), "out_of_range", "must be from 0 to 18446744073709551615"],
    [
      "float",
      1e39,
      "out_of_range",
      "must be from -3.4028234663852886e+38 to 3.4028234663852886e+38",
    ],
    ["double", "1", "wrong_type", "must be a number, not a string"],
    ["string", 1, "wrong_type", "must be a string, not a number"],
    ["string", "\ud800", "invalid_format", "must be well-formed Unicode"],
    ["bool_value", "true", "wrong_type", "must be true or false, not a string"],
    ["bytes", "a", "invalid_format", "must be base64"],
    ["timestamp", "2026-02-30T00:00:00Z", "invalid_format", expect.stringContaining("RFC 3339")],
    ["timestamp", 5, "wrong_type", expect.stringContaining("RFC 3339")],
    ["duration", "5", "invalid_format", expect.stringContaining("1.5s")],
    ["mask", "a..b", "invalid_format", expect.stringContaining("field paths")],
    ["struct", [], "wrong_type", "must be an object, not an array"],
    ["child", "x", "wrong_type", "must be an object, not a string"],
    ["wrapped", "x", "wrong_type", "must be an array, not a string"],
    [
      "kind",
      "smal",
      "unknown_value",
      'must be one of "small", "large", not "smal"; did you mean small?',
    ],
    ["kind", 1, "wrong_type", 'must be one of "small", "large", not a number'],
    ["kind", "unspecified", "unknown_value", expect.stringContaining("must be one of")],
  ])("%s: %j", (field, value, rule, message) => {
    expect(read({ [field]: value }).violations).toEqual([{ field, rule, message }]);
  });

  it.each([
    [{ wrapped: ["a", null, 1] }, ["wrapped[1]", "wrapped[2]"]],
    [{ by_bool: { yes: 1, true: "x" } }, ['by_bool["yes"]', 'by_bool["true"]']],
    [{ child: { child: { numbr: 1 } } }, ["child.child.numbr"]],
    [{ by_name: { a: { number: "x" } } }, ['by_name["a"].number']],
    [{ one_value: "a", one_number: 1 }, ["one_number"]],
    [{ int64_text: "1", int64Text: "2" }, ["int64_text"]],
    [{ secret: "x" }, ["secret"]],
  ])("%j is wrong at %j", (json, fields) => {
    expect(read(json).violations.map(({ field }) => field)).toEqual(fields);
  });

  it("an item that could not be read keeps its place for the rules that come after", () => {
    const { message } = read({ wrapped: ["a", 1, "c"] });
    expect((message as unknown as { wrapped: unknown[] }).wrapped).toHaveLength(3);
  });

  it("whatever JSON comes, reading does not throw", () => {
    const names = fc.constantFrom(...typesSchema.fields.map(({ name }) => name), "x", "__proto__");
    fc.assert(
      fc.property(fc.dictionary(names, fc.jsonValue({ maxDepth: 3 })), (json) => {
        read(json);
      }),
      { numRuns: 1_000 },
    );
  });
});

it("what is printed is read back as the same message", () => {
  const scalars = {
    int32: fc.integer(),
    uint32: fc.nat(),
    int64: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    uint64: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    // NaN is not equal to itself; the table has it.
    float: fc.float({ noNaN: true }),
    double: fc.double({ noNaN: true }),
    string: fc.string({ unit: "grapheme" }),
    bytes: fc.uint8Array(),
    kind: fc.constantFrom(0, 1, 2),
    boolValue: fc.option(fc.boolean(), { nil: undefined }),
    wrapped: fc.array(fc.string().map((value) => ({ value }))),
    timestamp: fc.record({
      seconds: fc.bigInt({ min: -62_135_596_800n, max: 253_402_300_799n }),
      nanos: fc.nat({ max: 999_999_999 }),
    }),
    byName: fc.dictionary(fc.string(), fc.record({ number: fc.integer() })),
  };
  fc.assert(
    fc.property(fc.record(scalars), (init) => {
      const message = create(typesSchema as DescMessage, init as never);
      const json = JSON.parse(messagePrinter(typesSchema)(message)) as object;
      const back = read(json);
      expect(back.violations).toEqual([]);
      // An unset Value prints as null, and null is a value of it.
      delete (back.message as unknown as Record<string, unknown>)["value"];
      expect(equals(typesSchema, back.message, message)).toBe(true);
    }),
    { numRuns: 300 },
  );
});
