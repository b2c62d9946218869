/** Calls operations by what the document says of them, and holds every answer against it. */
import { expect } from "vitest";
import type { Header, JsonSchema } from "../../src/openapi/index.ts";
import { headerValue, operations, problemsOf, resolve } from "./document.ts";

export interface CallOptions {
  /** Path variables and query parameters. */
  readonly parameters?: Readonly<Record<string, string | number>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** A text as it is, anything else as JSON. */
  readonly body?: unknown;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** The JSON; of a stream, its items. */
  readonly body: unknown;
}

/** Of HTTP and of how the answer travels; all others must be in the document. */
const unsaid =
  /^(?:accept|cache-control|connection|content-encoding|content-length|content-security-policy|content-type|cross-origin-resource-policy|date|keep-alive|transfer-encoding|vary|x-accel-buffering|x-content-type-options)$/;

export class DocumentedClient {
  readonly #seen: Set<string>;
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;

  /** @param seen gets what is answered: `getGeneration 404` */
  constructor(url: string, headers: Readonly<Record<string, string>>, seen: Set<string>) {
    this.#seen = seen;
    this.#url = url;
    this.#headers = headers;
  }

  /** The answer, which has been checked. */
  async call(operationId: string, options: CallOptions = {}): Promise<Answer> {
    const { parameters = {}, headers = {}, body } = options;
    const { path, verb } = operationOf(operationId);
    const query = new URLSearchParams();
    let filled = path;
    for (const [name, value] of Object.entries(parameters)) {
      if (!path.includes(`{${name}}`)) query.set(name, String(value));
      filled = filled.replace(`{${name}}`, encodeURIComponent(value));
    }
    const response = await fetch(`${this.#url}${filled}${query.size > 0 ? `?${query}` : ""}`, {
      method: verb,
      headers: {
        ...(body !== undefined && { "content-type": "application/json" }),
        ...this.#headers,
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    this.#seen.add(`${operationId} ${response.status}`);
    return checked(operationId, response);
  }
}

function operationOf(operationId: string) {
  const found = operations.get(operationId);
  if (found === undefined) throw new TypeError(`no operation ${operationId}`);
  return found;
}

async function checked(operationId: string, response: Response): Promise<Answer> {
  const { status, headers } = response;
  const where = `${operationId} ${status}`;
  const { responses } = operationOf(operationId).operation;
  expect(Object.keys(responses), where).toContain(String(status));
  const documented = resolve(responses[String(status)]!);
  checkHeaders(where, documented.headers ?? {}, headers);
  const text = await response.text();
  if (documented.content === undefined) {
    expect(text, where).toBe("");
    return { status, headers, body: null };
  }
  const type = headers.get("content-type")?.split(";")[0] ?? "";
  expect(Object.keys(documented.content), where).toContain(type);
  const { schema } = documented.content[type]!;
  if (type === "application/json") {
    const body: unknown = JSON.parse(text);
    expect(problemsOf(schema, body), where).toEqual([]);
    return { status, headers, body };
  }
  return { status, headers, body: itemsOf(type, text).map((item) => dataOf(schema, item, where)) };
}

/** The message of an event or a line, which has been checked. */
function dataOf(schema: JsonSchema, item: unknown, where: string): unknown {
  expect(problemsOf(schema, item), where).toEqual([]);
  const data = (schema["properties"] as Record<string, JsonSchema> | undefined)?.["data"];
  if (data === undefined) return item;
  const message: unknown = JSON.parse((item as { data: string }).data);
  expect(problemsOf(data["contentSchema"] as JsonSchema, message), where).toEqual([]);
  return message;
}

function checkHeaders(
  where: string,
  documented: Readonly<Record<string, Header | { readonly $ref: string }>>,
  sent: Headers,
): void {
  const known = new Set(Object.keys(documented).map((name) => name.toLowerCase()));
  const unknown = [...sent.keys()].filter((name) => !known.has(name) && !unsaid.test(name));
  expect(unknown, where).toEqual([]);
  for (const [name, reference] of Object.entries(documented)) {
    const header = resolve<Header>(reference);
    const value = sent.get(name);
    if (value === null) expect(header.required ?? false, `${where} ${name}`).toBe(false);
    else expect(problemsOf(header.schema, headerValue(header, value)), where).toEqual([]);
  }
}

/** The events of a stream that has ended, as objects of their fields, or its lines. */
function itemsOf(type: string, text: string): unknown[] {
  if (type === "application/x-ndjson") {
    const lines = text.split("\n").filter((line) => line !== "");
    return lines.map((line) => JSON.parse(line));
  }
  const blocks = text
    .split("\n\n")
    .map((block) => block.split("\n").map((line) => line.split(/: (.*)/)));
  return blocks.map((fields) => Object.fromEntries(fields)).filter((event) => "data" in event);
}
