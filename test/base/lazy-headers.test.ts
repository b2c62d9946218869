/** `LazyHeaders` does what the standard's own `Headers` does. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { LazyHeaders } from "../../src/base/lazy-headers.ts";

/** Headers as they were sent. */
class Sent extends LazyHeaders {
  readonly #sent: Readonly<Record<string, string>>;

  constructor(sent: Readonly<Record<string, string>>) {
    super();
    this.#sent = sent;
  }

  protected override read(name: string): string | null {
    return this.#sent[name] ?? null;
  }

  protected override all(): Iterable<readonly [string, string]> {
    return Object.entries(this.#sent);
  }
}

const name = fc.constantFrom("a", "B", "b", "x-long-name", "Set-Cookie", "set-cookie");
const value = fc.constantFrom("", "1", "two words", "a, b");
const change = fc.oneof(
  fc.record({ kind: fc.constantFrom("set" as const, "append" as const), name, value }),
  fc.record({ kind: fc.constant("delete" as const), name }),
);

function changed(
  headers: Headers,
  changes: readonly (typeof change extends fc.Arbitrary<infer T> ? T : never)[],
) {
  for (const each of changes) {
    if (each.kind === "delete") headers.delete(each.name);
    else headers[each.kind](each.name, each.value);
  }
  const told: unknown[] = [];
  headers.forEach((found, of) => {
    told.push([of, found]);
  });
  const names = ["A", "b", "x-long-name", "none", "set-cookie"];
  return {
    listed: [...headers],
    entries: [...headers.entries()],
    keys: [...headers.keys()],
    values: [...headers.values()],
    told,
    read: names.map((each) => [headers.get(each), headers.has(each)]),
    cookies: headers.getSetCookie(),
  };
}

it("after any changes", () => {
  const sent = { "set-cookie": "a=1", b: "sent", "content-type": "text/plain" };
  fc.assert(
    fc.property(fc.array(change, { maxLength: 12 }), (changes) => {
      expect(changed(new Sent(sent), changes)).toEqual(changed(new Headers(sent), changes));
      expect(changed(new LazyHeaders(), changes)).toEqual(changed(new Headers(), changes));
    }),
  );
});

it.each([
  ["a b", "1"],
  ["", "1"],
  ["a", "1\r\nb: 2"],
  ["a", "\u{1f600}"],
])("refuses %j: %j as the standard does", (badName, badValue) => {
  for (const headers of [new LazyHeaders(), new Headers()]) {
    expect(() => headers.set(badName, badValue)).toThrow(TypeError);
    expect(() => headers.append(badName, badValue)).toThrow(TypeError);
    expect([...headers]).toEqual([]);
  }
});
