/** Path templates: the grammar of `google/api/http.proto`, by tables and by properties. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  compareSpecificity,
  conflict,
  expandPath,
  matchPath,
  parsePathTemplate,
  TemplateError,
} from "../../src/gateway/path-template.ts";

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
    ["/v1/{a}/{a}", 11],
    ["/v1/x:", 7],
    ["/v1/x:a/b", 8],
    ["/v1/x y", 6],
    ["/v1/%2", 5],
    ["/**/x", 6],
  ])("%s fails at column %i", (source, column) => {
    const parse = () => parsePathTemplate(source);
    expect(parse).toThrow(TemplateError);
    expect(parse).toThrow(`path template "${source}", column ${column}: `);
  });
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
    ["/v1/{name}", "/v1/%zz", null],
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
    expect(found && Object.fromEntries(found)).toEqual(values);
  });

  it("gives back what was expanded, whatever is in it", () => {
    const template = parsePathTemplate("/v1/{org}/x/{name=jobs/*}/{rest=**}:go");
    const segment = fc.string({ minLength: 1, unit: "grapheme" });
    // Several segments keep %2F, so their values have no slash and no percent sign that looks like one.
    const plain = segment.filter((text) => !/[/%]/.test(text));
    const rest = fc.array(plain, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("/"));
    fc.assert(
      fc.property(segment, plain, rest, (org, job, tail) => {
        const values = new Map([
          ["org", org],
          ["name", `jobs/${job}`],
          ["rest", tail],
        ]);
        const path = expandPath(template, (field) => values.get(field));
        expect(matchPath(template, path ?? "")).toEqual(values);
      }),
    );
  });

  it("never throws, and never binds an empty value", () => {
    const template = parsePathTemplate("/v1/{a}/{b=**}");
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (tail) => {
        const found = matchPath(template, `/v1/${tail}`);
        for (const value of found?.values() ?? []) expect(value).not.toBe("");
      }),
    );
  });
});

describe("specificity", () => {
  it.each([
    ["/v1/books/new", "/v1/books/{name}"],
    ["/v1/books/{name}", "/v1/{path=**}"],
    ["/v1/books/{name}:lend", "/v1/books/{name}"],
    ["/v1/{a}/new", "/v1/{a}/{b}"],
  ])("%s goes before %s", (first, second) => {
    const [a, b] = [parsePathTemplate(first), parsePathTemplate(second)];
    expect(compareSpecificity(a, b)).toBeLessThan(0);
    expect(compareSpecificity(b, a)).toBeGreaterThan(0);
    expect(conflict(a, b)).toBe(false);
  });

  it("two templates with the same shape conflict", () => {
    expect(conflict(parsePathTemplate("/v1/{a}/x"), parsePathTemplate("/v1/{b=*}/x"))).toBe(true);
  });
});
