/** The whole of `google/api/http.proto`, over real sockets: what no other test here binds. */
import { describe, expect, it } from "vitest";
import { serveLibrary } from "./library.ts";

async function send(method: string, path: string, body?: unknown) {
  const base = await serveLibrary();
  const response = await fetch(base + path, {
    method,
    ...(body !== undefined && {
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    }),
  });
  const text = await response.text();
  return { status: response.status, text, body: text === "" ? null : JSON.parse(text) };
}

describe("templates", () => {
  it("a wildcard without a name, a nested field, and a verb after several segments", async () => {
    const { body } = await send("GET", "/v1/any%2Fthing/by/Ann%20B/a/b%2Fc%20d:tree");
    expect(body).toEqual({ author: { full_name: "Ann B", born: null }, path: "a/b%2Fc d" });
    const none = await send("GET", "/v1/x/by/A:tree");
    expect(none.body).toMatchObject({ author: { full_name: "A" }, path: "" });
    expect((await send("GET", "/v1/x/by/A/b")).body).toMatchObject({ kind: "route_not_found" });
  });

  it("variables of an enum, numbers and a boolean", async () => {
    const { body } = await send("GET", "/v1/caf%c3%a9/GENRE_SCI_FI/-3/9007199254740993/true");
    expect(body).toMatchObject({
      genre: "sci_fi",
      floor: -3,
      isbn: "9007199254740993",
      lent: true,
    });
    const wrong = await send("GET", "/v1/café/scifi/up/1.5/yes");
    expect(wrong.body.kind).toBe("malformed");
    const faults = wrong.body.violations as { field: string; message: string }[];
    expect(faults.map(({ field }) => field)).toEqual(["genre", "floor", "isbn", "lent"]);
    expect(faults[0]?.message).toContain("did you mean sci_fi?");
  });

  it("a variable inside the field that is the body", async () => {
    const { body } = await send("POST", "/v1/shelves/s/books/b:rename", { id: "x", title: "T" });
    expect(body.book).toMatchObject({ id: "shelves/s/books/b", title: "T" });
  });

  it("a custom method of every kind, but for what has a binding of its own", async () => {
    for (const method of ["GET", "PUT", "DELETE", "PATCH"]) {
      expect((await send(method, "/v1/anything/a/b")).body).toEqual({ path: "a/b" });
    }
    expect((await send("GET", "/v1/anything")).status).toBe(400);
  });

  it("an answer without a body", async () => {
    expect(await send("DELETE", "/v1/shelves/s")).toEqual({ status: 204, text: "", body: null });
  });
});

describe("a body that is one field", () => {
  it.each([
    ["tags", ["a", "b"], ["a", "b"]],
    ["title", "T", "T"],
    ["genre", "GENRE_NOVEL", "novel"],
    ["stock", { shop: 3 }, { shop: 3 }],
    ["title", null, ""],
  ])("%s: %j", async (field, sent, answer) => {
    const { status, body } = await send("PUT", `/v1/books/x/${field}`, sent);
    expect([status, body]).toEqual([200, answer]);
  });

  it.each([
    ["tags", ["a", 1], "tags[1] wrong_type"],
    ["tags", "a", "tags wrong_type"],
    ["title", {}, "title wrong_type"],
    ["genre", "novels", "genre unknown_value"],
    ["stock", { shop: "x" }, 'stock["shop"] wrong_type'],
  ])("%s: %j is %s", async (field, sent, fault) => {
    const { body } = await send("PUT", `/v1/books/x/${field}`, sent);
    expect([body.kind, `${body.violations[0].field} ${body.violations[0].rule}`]).toEqual([
      "invalid",
      fault,
    ]);
  });
});

describe("a query says what a body says", () => {
  it.each([
    ["kind=small", { kind: "small" }],
    ["kind=KIND_LARGE&kinds=small&kinds=KIND_LARGE", { kind: "large", kinds: ["small", "large"] }],
    ["ids=1&ids=-9223372036854775808", { ids: ["1", "-9223372036854775808"] }],
    ["bool=true", { bool: true }],
    [
      "boolValue=false&int64_value=7&stringValue=",
      { bool_value: false, int64_value: "7", string_value: "" },
    ],
    ["wrapped=a&wrapped=", { wrapped: ["a", ""] }],
    ["timestamp=2026-01-02T03:04:05.5%2B01:00", { timestamp: "2026-01-02T02:04:05.500Z" }],
    ["duration=1.5s", { duration: "1.500s" }],
    ["mask=title,author.fullName", { mask: "title,author.full_name" }],
    ["bytes=AAH_", { bytes: "AAH/" }],
    ["child.child.number=3", { child: { number: 0, child: { number: 3, child: null } } }],
    ["oneNumber=0", { one_number: 0 }],
    [
      "double=-1.5e3&float=NaN&uint64=18446744073709551615",
      { double: -1500, float: "NaN", uint64: "18446744073709551615" },
    ],
  ])("%s", async (query, expected) => {
    const { status, body } = await send("GET", `/v1/types?${query}`);
    expect([status, body]).toMatchObject([200, expected]);
    expect((await send("POST", "/v1/types", expected)).body).toEqual(body);
  });

  it.each([
    ["one_value=a&oneNumber=1", "one_number oneof_conflict"],
    ["one_number=1&one_number=2", "one_number duplicate_field"],
    ["bool_value=", "bool_value wrong_type"],
    ["duration=soon", "duration invalid_format"],
    ["mask=a..b", "mask invalid_format"],
    ["timestamp=now", "timestamp invalid_format"],
    ["struct=x", "struct unknown_field"],
    ["by_name=x", "by_name unknown_field"],
    ["wrapped.value=x", "wrapped.value unknown_field"],
    ["secret=x", "secret unknown_field"],
    [`${"child.".repeat(64)}number=1`, "too_deep"],
  ])("%s is %s", async (query, fault) => {
    const { body } = await send("GET", `/v1/types?${query}`);
    expect(body.violations).toHaveLength(1);
    expect(`${body.violations[0].field} ${body.violations[0].rule}`).toContain(fault);
  });
});

it("thousands of faults are counted, and a hundred of them told", async () => {
  const wrong = Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`f${i}`, 1]));
  const { body, text } = await send("POST", "/v1/types", wrong);
  expect(body.violations).toHaveLength(101);
  expect(body.violations.at(-1)).toEqual({ field: "", rule: "more", message: "and 900 more" });
  expect(text.length).toBeLessThan(30_000);
  const long = await send("POST", "/v1/types", { ["x".repeat(5_000)]: 1 });
  expect(long.body.violations[0].field.length).toBeLessThan(300);
});
