/** The headers of a request are those of the standard, however they are asked for. */
import { expect, it } from "vitest";
import { RequestHeaders } from "../../src/gateway/request-headers.ts";

const sent = { ":path": "/x", accept: "text/plain", "x-many": ["a", "b"], empty: "" } as never;

/** What `Headers` would hold. */
function standard(): Headers {
  return new Headers({ accept: "text/plain", "x-many": "a, b", empty: "" });
}

it.each(["Accept", "x-many", "empty", "missing", "constructor", "__proto__"])("get %s", (name) => {
  const headers = new RequestHeaders(sent);
  for (let i = 0; i < 2; i++) {
    expect(headers.get(name)).toBe(standard().get(name));
    expect(headers.has(name)).toBe(standard().has(name));
    // Once they are listed, they are copied.
    expect([...headers]).toEqual([...standard()]);
  }
});

it("changes are seen by whoever looks next", () => {
  const headers = new RequestHeaders(sent);
  const like = standard();
  for (const each of [headers, like]) {
    each.set("Accept", "text/html");
    each.append("x-many", "c");
    each.delete("empty");
    each.append("set-cookie", "a=1");
  }
  for (const name of ["accept", "x-many", "empty"]) expect(headers.get(name)).toBe(like.get(name));
  expect([...headers.keys()]).toEqual([...like.keys()]);
  expect([...headers.values()]).toEqual([...like.values()]);
  expect([...headers.entries()]).toEqual([...like.entries()]);
  expect(headers.getSetCookie()).toEqual(["a=1"]);
  const seen: string[] = [];
  headers.forEach((value, name) => void seen.push(`${name}: ${value}`));
  expect(seen).toEqual([...like].map(([name, value]) => `${name}: ${value}`));
});

it("what was sent stays as it was", () => {
  const own = { accept: "text/plain" };
  new RequestHeaders(own).set("accept", "text/html");
  expect(own).toEqual({ accept: "text/plain" });
});
