/** Where the fields of a request come from, and what is wrong with it, over real sockets. */
import { once } from "node:events";
import http from "node:http";
import { describe, expect, it } from "vitest";
import { preferenceOf } from "../../src/gateway/bound-headers.ts";
import { serveLibrary } from "./library.ts";

interface Fault {
  kind: string;
  violations: { field: string; rule: string; message: string }[];
}

async function send(base: string, method: string, path: string, init: RequestInit = {}) {
  const response = await fetch(base + path, { method, ...init });
  const text = await response.text();
  return { response, text, body: (text === "" ? {} : JSON.parse(text)) as Fault };
}

const json = { "content-type": "application/json" };

/** Each fault as `field rule`. */
function faults({ violations }: Fault): string[] {
  return violations.map(({ field, rule }) => `${field} ${rule}`);
}

describe("the query", () => {
  it.each([
    ["text=%ff", "malformed", ["text invalid_format"]],
    ["text=%", "malformed", ["text invalid_format"]],
    ["limit=1e3", "malformed", ["limit wrong_type"]],
    ["limit=+1", "malformed", ["limit wrong_type"]],
    ["limit=01", "malformed", ["limit wrong_type"]],
    ["weight=Infinity1", "malformed", ["weight wrong_type"]],
    ["printed_after=2020-02-30T00:00:00Z", "malformed", ["printed_after invalid_format"]],
    ["genre=", "malformed", ["genre unknown_value"]],
    ["author=x", "invalid", ["author unknown_field"]],
    ["author.fullName=a&author.full_name=b", "invalid", ["author.full_name duplicate_field"]],
    [
      "limit=x&txet=1&lent=2",
      "malformed",
      ["limit wrong_type", "txet unknown_field", "lent wrong_type"],
    ],
  ])("%s is %s: %j", async (query, kind, expected) => {
    const { body } = await send(await serveLibrary(), "GET", `/v1/books?${query}`);
    expect([body.kind, faults(body)]).toEqual([kind, expected]);
  });

  it("suggests the near miss with its whole path", async () => {
    const { body } = await send(await serveLibrary(), "GET", "/v1/books?author.ful_name=x");
    expect(body.violations[0]?.message).toContain("did you mean author.full_name?");
  });

  it("takes an empty text, and a value with = and & in it", async () => {
    const { body } = await send(await serveLibrary(), "GET", "/v1/books?text=&tags=a=b%26c&&");
    expect(body).toMatchObject({ text: "", tags: ["a=b&c"] });
  });

  it("does not take what belongs to the path or the body", async () => {
    const base = await serveLibrary();
    const init = { headers: json, body: "{}" };
    const all = await send(base, "PATCH", "/v1/books/x?id=y&title=z", init);
    expect(faults(all.body)).toEqual(["id unknown_field", "title unknown_field"]);
    const field = await send(base, "POST", "/v1/shelves/s/books?book.title=z&copies=1", init);
    expect(faults(field.body)).toEqual(["book.title unknown_field"]);
  });
});

describe("the body", () => {
  it("says which names occur twice, in the field's own spelling", async () => {
    const base = await serveLibrary();
    const text =
      '{"printedAt":null,"printedAt":null,"author":{"born":1,"born":1},"printed_at":null}';
    const init = { headers: json, body: text };
    const { body } = await send(base, "PATCH", "/v1/books/x", init);
    expect(faults(body)).toEqual([
      "printed_at duplicate_field",
      "author.born duplicate_field",
      "printed_at duplicate_field",
    ]);
    const below = await send(base, "POST", "/v1/shelves/s/books", init);
    expect(faults(below.body)[1]).toBe("book.author.born duplicate_field");
  });

  it.each([
    ['{"cover":"a="}', "cover invalid_format"],
    ['{"room":"a","floor":1}', "floor oneof_conflict"],
    ['{"stock":{"a":1.5}}', 'stock["a"] wrong_type'],
    ['{"printed_at":"2020-13-01T00:00:00Z"}', "printed_at invalid_format"],
    ['{"loan":"99999999999999s"}', "loan invalid_format"],
  ])("%s, which the protobuf library would throw at, is a violation", async (text, expected) => {
    const init = { headers: json, body: text };
    const { body } = await send(await serveLibrary(), "PATCH", "/v1/books/x", init);
    expect([body.kind, faults(body)]).toEqual(["invalid", [expected]]);
  });

  it("too deep is malformed, and the service goes on", async () => {
    const base = await serveLibrary();
    const init = { headers: json, body: `${'{"a":'.repeat(1_000)}1${"}".repeat(1_000)}` };
    expect((await send(base, "PATCH", "/v1/books/x", init)).body.kind).toBe("malformed");
    expect((await send(base, "GET", "/v1/books/x")).response.status).toBe(200);
  });

  it("compressed is refused, without a type it is JSON", async () => {
    const base = await serveLibrary();
    const gzip = { headers: { ...json, "content-encoding": "gzip" }, body: "{}" };
    const refused = await send(base, "PATCH", "/v1/books/x", gzip);
    expect(refused.body.kind).toBe("unsupported_media_type");
    const request = http.request(`${base}/v1/books/x`, { method: "PATCH" }).end("{}");
    const [response] = (await once(request, "response")) as [http.IncomingMessage];
    expect(response.resume().statusCode).toBe(200);
  });

  it("is ignored where nothing asks for one, whatever it is", async () => {
    const base = await serveLibrary();
    for (const body of ["{}", "not json"]) {
      const sent = await send(base, "POST", "/v1/books/x:lend", { headers: json, body });
      expect(sent.response.status).toBe(200);
    }
  });

  it("rules do not speak of what could not be read, and keep the places of list items", async () => {
    const rules = ["author.born", "", "tags", "tags[1]", "author", "title"];
    const base = await serveLibrary({
      validate: () => rules.map((field) => ({ field, rule: "own", message: "" })),
    });
    const body = JSON.stringify({ author: { born: "x" }, tags: ["a", 1] });
    const sent = await send(base, "PATCH", "/v1/books/x", { headers: json, body });
    expect(faults(sent.body)).toEqual([
      "author.born wrong_type",
      "tags[1] wrong_type",
      "tags own",
      "title own",
    ]);
  });
});

describe("headers", () => {
  it("a preference or a lenient header that the rules refuse is taken back", async () => {
    const base = await serveLibrary({
      validate: (_schema, message) => {
        const { wait, edition } = message as unknown as { wait?: number; edition: number };
        const found = [];
        if ((wait ?? 0) > 30) found.push({ field: "wait", rule: "lte", message: "" });
        if (edition < 0) found.push({ field: "edition", rule: "gte", message: "" });
        return found;
      },
    });
    const headers = { ...json, prefer: "wait=31", "x-edition": "-5" };
    const { response, text } = await send(base, "POST", "/v1/shelves/s/books", {
      headers,
      body: "{}",
    });
    expect(response.status).toBe(201);
    expect(response.headers.get("preference-applied")).toBe(null);
    expect(JSON.parse(text)).toMatchObject({ isbn: "-1", weight: 0 });
  });

  it.each([
    ["wait=10", "10"],
    ["respond-async, WAIT = 5 ; x=1, wait=6", "5"],
    ['foo="a, wait=1", wait="2"', "2"],
    ["wait", ""],
    ["waiting=1", undefined],
    ["", undefined],
  ])("Prefer: %s asks to wait %j", (header, value) => {
    expect(preferenceOf(header, "wait")).toBe(value);
  });
});
