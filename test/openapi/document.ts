/** The committed document, read for what it says of operations, with validators of its schemas. */
import { readFileSync } from "node:fs";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import type { Header, JsonSchema, OpenApiDocument } from "../../src/openapi/index.ts";

export const documentFile = new URL("../../gen/openapi.json", import.meta.url);
export const document: OpenApiDocument = JSON.parse(readFileSync(documentFile, "utf8"));

/** Follows the `$ref` of what may be one. */
export function resolve<T>(value: T | { readonly $ref: string }): T {
  if (typeof value !== "object" || value === null || !("$ref" in value)) return value as T;
  const [, ...path] = value.$ref.split("/");
  return path.reduce((at: unknown, key) => (at as Record<string, unknown>)[key], document) as T;
}

/** Answers may grow, but what they have today must be in the document: its objects have no other members. */
function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed);
  if (typeof value !== "object" || value === null) return value;
  const copy = Object.fromEntries(Object.entries(value).map(([key, each]) => [key, closed(each)]));
  const isObject = copy["type"] === "object" && "required" in copy;
  return isObject ? { additionalProperties: false, ...copy } : copy;
}

const ajv = new Ajv2020({ strict: true, allErrors: true, validateFormats: true });
addFormats.default(ajv);
for (const [name, schema] of Object.entries(document.components["schemas"] ?? {})) {
  ajv.addSchema(absolute(closed(schema)) as JsonSchema, nameOf(`#/components/schemas/${name}`));
}

/** The name of a component's schema among the validator's. */
function nameOf(reference: string): string {
  return reference.replace("#/components/schemas/", "schema:");
}

/** A validator of a schema of the document, whose references are of its components. */
export function validatorOf(schema: JsonSchema): ValidateFunction {
  return ajv.compile(absolute(schema) as JsonSchema);
}

function absolute(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(absolute);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [
      key,
      key === "$ref" ? nameOf(String(each)) : absolute(each),
    ]),
  );
}

/** What is wrong with a value by a schema of the document; nothing when it fits. */
export function problemsOf(schema: JsonSchema, value: unknown): string[] {
  const validate = validatorOf(schema);
  if (validate(value)) return [];
  return (validate.errors ?? []).map(
    ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
  );
}

/** The value of a header as its schema means it. */
export function headerValue({ schema }: Header, text: string): unknown {
  return schema["type"] === "integer" ? Number(text) : text;
}

export const operations = new Map(
  Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([verb, operation]) => [
      operation.operationId,
      { path, verb: verb.toUpperCase(), operation },
    ]),
  ),
);
