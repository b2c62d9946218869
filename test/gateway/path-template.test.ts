/** Path templates: the grammar of `google/api/http.proto`, by tables and by properties. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parsePathTemplate, TemplateError } from "../../src/gateway/path-template.ts";
import { matchPath, pathExpander } from "../../src/gateway/path-values.ts";
import { Router } from "../../src/gateway/router.ts";

describe("parse", () => {
  it.each([
    ["v1", 1],
    ["/", 2],
    ["/v1/", 5],
    ["/v1//x", 5],
    ["/v1/{", 6],
    ["/v1/{a", 7],
    ["/v1/{a.}", 8],
    ["/v1/{1a}", 6],
    ["/v1/{a=}", 8],
    ["/v1/{a={b}}", 8],
    ["/v1/{a}{b}", 8],
    ["/v1/{a}/{a}", 10],
    ["/v1/x:", 7],
    ["/v1/x:a/b", 8],
    ["/v1/x y", 6],
    ["/v1/%2", 5],
    ["/**/x", 5],
    ["/{a=**}/x", 9],
    ["/{a=**/x}", 8],
    ["/v1/%ff/x", 5],
    ["/v1/x:%C3", 7],
  ])("%s fails at column %i", (source, column) => {
    const parse = () => parsePathTemplate(source);
    expect(parse).toThrow(TemplateError);
    expect(parse).toThrow(`path template "${source}", column ${column}: `);
  });
});

const text = fc.string({ minLength: 1, maxLength: 6, unit: "grapheme" });
/** A value of several segments has slashes between them, and none, nor `%2F`, within. */
const plainText = text.filter((each) => !/[/%]/.test(each));

interface Part {
  /** As it is in a template, with `$` for the variable's field. */
  readonly source: string;
  /** Of the variable, if it is one. */
  readonly value?: string;
}

const literalPart = plainText.map((each): Part => ({ source: encodeSegment(each) }));
const onePart = text.map((value): Part => ({ source: "{$}", value }));
const severalPart = fc.tuple(plainText, plainText, plainText).map(
  ([first, second, third]): Part => ({
    source: `{$=${encodeSegment(first)}/*/${encodeSegment(second)}/*}`,
    value: `${first}/${third}/${second}/${first}`,
  }),
);
const restPart = fc
  .array(plainText, { maxLength: 3 })
  .map((parts): Part => ({ source: "{$=**}", value: parts.join("/") }));

function encodeSegment(segment: string): string {
  return encodeURIComponent(segment).replace(
    /[*:]/g,
    (character) => `%${character.charCodeAt(0).toString(16)}`,
  );
}

/** A template of any shape, and values that it can carry. */
const anyTemplate = fc
  .tuple(
    literalPart,
    fc.array(fc.oneof(literalPart, onePart, severalPart), { maxLength: 4 }),
    fc.option(restPart, { nil: undefined }),
    fc.option(plainText, { nil: undefined }),
  )
  .map(([first, middle, rest, verb]) => {
    const values = new Map<string, string>();
    const parts = [first, ...middle, ...(rest ? [rest] : [])].map(({ source, value }, i) => {
      if (value !== undefined) values.set(`f${i}.x`, value);
      return source.replace("$", () => `f${i}.x`);
    });
    const end = verb === undefined ? "" : `:${encodeSegment(verb)}`;
    return { source: `/${parts.join("/")}${end}`, values };
  });

describe("match", () => {
  it.each([
    ["/v1/{name}", "/v1/a", { name: "a" }],
    ["/v1/{name}", "/v1/a%2Fb", { name: "a/b" }],
    ["/v1/{name}", "/v1/a:b", { name: "a:b" }],
    ["/v1/{name}", "/v1/a/b", null],
    ["/v1/{name}", "/v1/", null],
    ["/v1/{name}", "/v1", null],
    ["/v1/{name}", "/v1/a/", null],
    ["/v1/{name}", "/v1/%zz", { name: undefined }],
    ["/v1/{name}", "/v1/%ff", { name: undefined }],
    ["/v1/{name=**}", "/v1", { name: "" }],
    ["/v1/{name=**}", "/v1/", null],
    ["/v1/{name=**}:go", "/v1:go", { name: "" }],
    ["/v1/{name}:go", "/v1/a:%67o", { name: "a" }],
    ["/v1/{name}:go", "/v1/a%3Ago", null],
    ["/v1/{name}:go", "/v1/:go", null],
    ["/v1/{name}", "/v1/a%3Ago", { name: "a:go" }],
    ["/v1/{name}:lend", "/v1/a:b:lend", { name: "a:b" }],
    ["/v1/{name}:lend", "/v1/a:lent", null],
    ["/v1/{name=shelves/*/books/*}", "/v1/shelves/s%201/books/b", { name: "shelves/s 1/books/b" }],
    ["/v1/{name=shelves/*}/x", "/v1/shelves/a%2Fb/x", { name: "shelves/a%2Fb" }],
    ["/v1/{path=**}", "/v1/a/b%2Fc/d", { path: "a/b%2Fc/d" }],
    ["/v1/{a.b}/c/{d}", "/v1/1/c/2", { "a.b": "1", d: "2" }],
    ["/v1/*/x", "/v1/any/x", {}],
    ["/v1/caf%C3%A9", "/v1/caf%c3%a9", {}],
  ])("%s against %s", (template, path, values) => {
    const found = matchPath(parsePathTemplate(template), path);
    expect(found === undefined ? null : Object.fromEntries(found)).toEqual(values);
  });

  it("gives back what was expanded, whatever is in it", () => {
    const template = parsePathTemplate("/v1/{org}/x/{name=jobs/*}/{rest=**}:go");
    // A lone surrogate has no percent-encoding, and a slash would be a separator.
    const segment = fc.string({ minLength: 1, unit: "grapheme" });
    const plain = segment.filter((text) => !text.includes("/"));
    const rest = fc.array(plain, { maxLength: 4 }).map((parts) => parts.join("/"));
    fc.assert(
      fc.property(segment, plain, rest, (org, job, tail) => {
        const values = new Map([
          ["org", org],
          ["name", `jobs/${job}`],
          ["rest", tail],
        ]);
        const path = pathExpander(template)((field) => values.get(field));
        expect(path).toMatch(/^[\w\-.~%/]+:go$/);
        expect(matchPath(template, path)).toEqual(values);
      }),
      { examples: [["a%2Fb:go", "%2F%252f", "x:go/?#"]] },
    );
  });

  it("gives back what was expanded, of any template", () => {
    fc.assert(
      fc.property(anyTemplate, ({ source, values }) => {
        const template = parsePathTemplate(source);
        const path = pathExpander(template)((field) => values.get(field));
        expect(matchPath(template, path)).toEqual(values);
        const router = new Router<string>();
        router.add({ method: "GET", template, target: source });
        for (const other of ["/{x}", "/{x=**}", "/{x=**}:other"]) {
          router.add({ method: "GET", template: parsePathTemplate(other), target: other });
        }
        expect(router.find("GET", path)).toEqual({ found: true, target: source, values });
      }),
    );
  });

  it("never throws, and never binds an empty segment", () => {
    const template = parsePathTemplate("/v1/{a}/{b=**}");
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (tail) => {
        const found = matchPath(template, `/v1/${tail}`);
        expect(found?.get("a")).not.toBe("");
      }),
    );
  });
});

describe("expand", () => {
  it.each([
    ["/v1/{name}", undefined],
    ["/v1/{name}", ""],
    ["/v1/{name=jobs/*}", "tasks/1"],
    ["/v1/{name=jobs/*}", "jobs/1/2"],
    ["/v1/{name=jobs/*}", "jobs/"],
    ["/v1/{name=**}", "a//b"],
    ["/v1/*/{name}", "a"],
  ])("%s does not take %j", (template, value) => {
    expect(() => pathExpander(parsePathTemplate(template))(() => value)).toThrow(RangeError);
  });

  it("encodes what is reserved", () => {
    const path = pathExpander(parsePathTemplate("/v1/caf%C3%A9/{a}/{b=**}"))((field) =>
      field === "a" ? "a/b!'()*:" : "c/d e",
    );
    expect(path).toBe("/v1/caf%C3%A9/a%2Fb%21%27%28%29%2A%3A/c/d%20e");
  });
});
