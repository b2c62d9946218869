/** The router: the most specific template wins, whatever the order; methods; conflicts. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parsePathTemplate } from "../../src/gateway/path-template.ts";
import { Router } from "../../src/gateway/router.ts";

function routerOf(...routes: readonly string[]): Router<string> {
  const router = new Router<string>();
  for (const route of routes) {
    const [method = "", template = ""] = route.split(" ");
    router.add({ method, template: parsePathTemplate(template), target: route });
  }
  return router;
}

function found(router: Router<string>, method: string, path: string): unknown {
  const match = router.find(method, path);
  return match.found ? match.target : match.allow;
}

const routes = [
  "GET /v1/books/new",
  "GET /v1/books/{id}",
  "POST /v1/books/{id}",
  "POST /v1/books/{id}:lend",
  "GET /v1/{kind}/new/pages",
  "GET /v1/books/{id}/pages",
  "GET /v1/{path=**}",
  "DELETE /v1/{path=**}:purge",
  "* /v2/any",
  "HEAD /v2/head",
  "GET /v2/head",
] as const;

describe("the most specific template", () => {
  it.each([
    ["GET", "/v1/books/new", "GET /v1/books/new"],
    ["GET", "/v1/books/%6eew", "GET /v1/books/new"],
    ["POST", "/v1/books/new", "POST /v1/books/{id}"],
    ["GET", "/v1/books/old", "GET /v1/books/{id}"],
    ["POST", "/v1/books/old:lend", "POST /v1/books/{id}:lend"],
    ["POST", "/v1/books/old:lent", "POST /v1/books/{id}"],
    ["GET", "/v1/books/old:lend", "GET /v1/books/{id}"],
    ["GET", "/v1/books/new/pages", "GET /v1/books/{id}/pages"],
    ["GET", "/v1/films/new/pages", "GET /v1/{kind}/new/pages"],
    ["GET", "/v1/films/old/pages", "GET /v1/{path=**}"],
    ["GET", "/v1", "GET /v1/{path=**}"],
    ["DELETE", "/v1/a/b:purge", "DELETE /v1/{path=**}:purge"],
    ["PATCH", "/v2/any", "* /v2/any"],
    ["HEAD", "/v2/head", "HEAD /v2/head"],
    ["HEAD", "/v1/books/new", "GET /v1/books/new"],
    ["GET", "http://host:80/v1/books/new?x=/#y", "GET /v1/books/new"],
  ])("of %s %s is %s, in any order", (method, path, route) => {
    fc.assert(
      fc.property(fc.shuffledSubarray([...routes], { minLength: routes.length }), (order) => {
        expect(found(routerOf(...order), method, path)).toBe(route);
      }),
      { numRuns: 20 },
    );
  });
});

it.each([
  ["PUT", "/v1/books/x", ["GET", "HEAD", "OPTIONS", "POST"]],
  ["PUT", "/v1/books/x:lend", ["GET", "HEAD", "OPTIONS", "POST"]],
  ["PUT", "/v2", []],
  ["GET", "/v1/books/", []],
  ["GET", "/v1//new", []],
  ["GET", "//v1/books/new", []],
  ["GET", "/", []],
  ["OPTIONS", "*", []],
])("%s %s finds nothing, and allows %j", (method, path, allow) => {
  expect(found(routerOf(...routes), method, path)).toEqual(allow);
});

it.each([
  ["GET /v1/{a}/x", "GET /v1/{b=*}/x"],
  ["GET /v1/{a=**}", "GET /v1/**"],
  ["GET /v1/a%62", "GET /v1/ab"],
  ["POST /v1/{a=x/*}:go", "POST /v1/x/{b}:go"],
])("%s and %s conflict", (first, second) => {
  expect(() => routerOf(first, second)).toThrow(
    /"[^"]+", column \d+: \w+ matches the same paths as "[^"]+"/,
  );
});
