/** The generator on a service that has nothing to do with music: what its bindings, types and options become. */
import { create, type DescService, fromJson, type Message } from "@bufbuild/protobuf";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { describe, expect, it } from "vitest";
import { BindingError } from "../../src/gateway/index.ts";
import { messagePrinter } from "../../src/gateway/printer.ts";
import { describeService, type JsonSchema } from "../../src/openapi/index.ts";
import { Library, typesSchema } from "../gateway/library.ts";

/** The document of some methods of the library. */
function documentOf(...names: string[]) {
  const methods = Library.methods.filter(({ name }) => names.includes(name));
  expect(methods.length).toBe(names.length);
  return describeService({
    service: { ...Library, methods } as DescService,
    comments: ({ name }) => ` About ${name}.\n and more.\n\n     code\n`,
    info: { title: "Library", version: "1" },
    errorSchema: { type: "object" },
    narrowError: () => ({}),
    errors: [],
    securitySchemes: {},
    requestHeaders: [],
    answerHeaders: {},
    successHeaders: () => ({}),
    requestExample: () => undefined,
    answerExample: () => undefined,
  });
}

describe("bindings", () => {
  it("become operations, one for each, and a variable of several segments one parameter for each", () => {
    const { paths } = documentOf("GetBook", "Lend");
    expect(Object.keys(paths)).toEqual([
      "/v1/shelves/{name_1}/books/{name_2}",
      "/v1/books/{name}",
      "/v1/books/{name}:lend",
    ]);
    const [first, second] = Object.values(paths).map((item) => item["get"]);
    expect(first).toMatchObject({ operationId: "getBook", summary: "Get book" });
    expect(first?.description).toBe("About GetBook. and more.\n\n    code");
    expect(first?.parameters).toMatchObject([
      { name: "name_1", in: "path", required: true },
      { name: "name_2", in: "path", required: true },
      { $ref: "#/components/parameters/If-None-Match" },
      { $ref: "#/components/parameters/X-Request-Timeout" },
    ]);
    expect(second).toMatchObject({ operationId: "getBook_2" });
  });

  it.each(["File", "Browse", "Anything"])("that OpenAPI cannot describe are errors: %s", (name) => {
    expect(() => documentOf(name)).toThrow(BindingError);
  });

  it("put fields into the query, those of messages by their paths", () => {
    const { parameters } = documentOf("Search").paths["/v1/books"]!["get"]!;
    const query = parameters.filter((each) => "in" in each && each.in === "query");
    expect(query.map((each) => "name" in each && each.name)).toEqual([
      ...["text", "tags", "genre", "author.full_name", "author.born"],
      ...["limit", "lent", "weight", "printed_after"],
    ]);
    expect(query).toContainEqual(
      expect.objectContaining({
        name: "tags",
        schema: { type: "array", items: { type: "string" } },
      }),
    );
  });

  it("have a body, headers, a status and a place of what was made", () => {
    const { paths, components } = documentOf("CreateBook");
    const { parameters, requestBody, responses } = paths["/v1/shelves/{shelf}/books"]!["post"]!;
    const inHeaders = parameters.filter((each) => "in" in each && each.in === "header");
    expect(inHeaders).toMatchObject([
      { name: "X-Copies", schema: { type: "integer", format: "int32" } },
      { name: "Prefer", schema: { type: "string" } },
      { name: "X-Edition", schema: { type: "string" } },
    ]);
    const { schema } = requestBody!.content["application/json"]!;
    expect(schema["anyOf"]).toEqual([{ $ref: "#/components/schemas/BookInput" }, { type: "null" }]);
    expect(responses).toMatchObject({
      201: {
        headers: { Location: {}, "Preference-Applied": {} },
        content: { "application/json": { schema: { $ref: "#/components/schemas/Book" } } },
      },
    });
    const { Book, BookInput } = components["schemas"] as Record<string, JsonSchema>;
    expect(Book?.["required"]).toContain("subtitle");
    expect(Book?.["properties"]).not.toHaveProperty("secret");
    expect(BookInput).toMatchObject({ additionalProperties: false });
    expect(BookInput).not.toHaveProperty("required");
  });

  it("may answer one field, nothing, or a stream that goes on where it was left", () => {
    const { paths } = documentOf("UpdateBook", "Burn", "Read");
    const { 200: updated } = paths["/v1/books/{id}"]!["patch"]!.responses;
    expect(updated).toMatchObject({
      content: {
        "application/json": {
          schema: { anyOf: [{ $ref: "#/components/schemas/Author" }, { type: "null" }] },
        },
      },
    });
    expect(paths["/v1/shelves/{name}"]!["delete"]!.responses["204"]).not.toHaveProperty("content");
    const { responses } = paths["/v1/books/{name}/pages"]!["get"]!;
    expect(Object.keys(responses)).toEqual(["200", "204"]);
    const item = { anyOf: [{ $ref: "#/components/schemas/Page" }, {}] };
    const properties = {
      id: {},
      event: { enum: ["page", "error"] },
      data: { contentSchema: item },
    };
    expect(responses["200"]).toMatchObject({
      content: {
        "text/event-stream": { schema: { properties } },
        "application/x-ndjson": { schema: item },
      },
    });
  });
});

describe("the schema of an answer", () => {
  const { components } = documentOf("Echo");
  const ajv = new Ajv2020({ strict: true, allErrors: true, allowUnionTypes: true });
  addFormats.default(ajv);
  const text = JSON.stringify(components["schemas"]).replaceAll("#/components/schemas/", "");
  for (const [name, schema] of Object.entries(JSON.parse(text))) {
    const closed = (schema as JsonSchema)["type"] === "object" && { additionalProperties: false };
    ajv.addSchema({ $id: name, ...closed, ...(schema as JsonSchema) });
  }
  const problems = (schema: string, json: string) => {
    ajv.validate(schema, JSON.parse(json));
    return ajv.errors ?? [];
  };
  const full = fromJson(typesSchema, {
    int32: -(2 ** 31),
    uint32: 2 ** 32 - 1,
    int64: "-9223372036854775808",
    uint64: "18446744073709551615",
    int64Text: "5",
    float: 0.1,
    double: 1e300,
    string: "é",
    bytes: "3q2+7w==",
    kind: "KIND_LARGE",
    boolValue: false,
    int64Value: "7",
    stringValue: "",
    timestamp: "2026-01-02T03:04:05.678Z",
    duration: "-1.5s",
    mask: "a,bC",
    struct: { a: [1, null] },
    value: [1],
    listValue: [{}],
    nothing: {},
    byBool: { true: 1 },
    byNumber: { "-3": "x" },
    byName: { root: { child: { number: 2 } } },
    child: { child: { child: {} } },
    wrapped: ["a"],
    oneValue: "b",
    kinds: ["KIND_SMALL", "KIND_LARGE"],
    ids: ["1"],
  });

  it.each<[string, Message]>([
    ["nothing set", create(typesSchema)],
    ["everything set", full],
  ])("fits what the gateway prints: %s", (_name, message) => {
    const printed = messagePrinter(typesSchema)(message);
    expect(problems("Types", printed)).toEqual([]);
    // It asks for every field, and of each its type.
    for (const name of Object.keys(JSON.parse(printed))) {
      const { [name]: _left, ...others } = JSON.parse(printed);
      expect(problems("Types", JSON.stringify(others)), name).not.toEqual([]);
      if (name === "value") continue;
      const wrong = { ...JSON.parse(printed), [name]: { no: { such: "thing" } } };
      const mayBeAnything = name === "struct";
      expect(problems("Types", JSON.stringify(wrong)).length === 0, name).toBe(mayBeAnything);
    }
  });

  it("of a request fits what leaves fields out or sets them to null, and nothing else", () => {
    const name = "TypesInput";
    expect(problems(name, "{}")).toEqual([]);
    expect(problems(name, '{"child": null, "ids": [7, "8"], "kind": "large"}')).toEqual([]);
    expect(problems(name, '{"secret": "x"}')).not.toEqual([]);
    expect(problems(name, '{"kind": "medium"}')).not.toEqual([]);
    expect(problems(name, '{"int32": 2147483648}')).not.toEqual([]);
  });
});
