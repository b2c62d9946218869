/** Bytes → JSON: what is no JSON, names that occur twice, depth. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { maxJsonDepth, parseJson } from "../../src/gateway/json-text.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

it.each(["", " \n", "{", "{'a':1}", '{"a":NaN}', '{"a":01}', "[1,]", "{} {}", '"\t"'])(
  "%j is malformed",
  (text) => {
    expect(() => parseJson(bytes(text))).toThrow(/^The body is (?:empty|not valid JSON)/);
  },
);

it("bytes that are no UTF-8 are malformed", () => {
  expect(() => parseJson(Uint8Array.of(0x22, 0xff, 0x22))).toThrow(/not UTF-8/);
});

it("takes as much depth as it says", () => {
  const nested = (depth: number) => bytes("[".repeat(depth) + "]".repeat(depth));
  expect(parseJson(nested(maxJsonDepth)).duplicates).toEqual([]);
  expect(() => parseJson(nested(maxJsonDepth + 1))).toThrow(/deeper than/);
  expect(() => parseJson(nested(1_000_000))).toThrow(/deeper than/);
});

describe("names that occur twice", () => {
  it.each([
    ['{"a":1,"a":2}', [["a"]]],
    ['{"a":1,"\\u0061":2,"a":3}', [["a"], ["a"]]],
    [
      '{"b":[0,{"c":"}","c":1}],"d":{"a":{},"a":1}}',
      [
        ["b", 1, "c"],
        ["d", "a"],
      ],
    ],
    ['{"a":"a","b":["a","a"],"c":{"a":"\\"a\\":"}}', []],
    ['{"a\\\\" : 1 , "a\\\\"\n:\t2}', [["a\\"]]],
    ['[{"a":1},{"a":2}]', []],
  ])("%s has %j", (text, duplicates) => {
    expect(parseJson(bytes(text)).duplicates).toEqual(duplicates);
  });

  it("are never found in what JSON.stringify wrote", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), fc.nat({ max: 3 }), (value, space) => {
        const { value: back, duplicates } = parseJson(bytes(JSON.stringify(value, null, space)));
        expect(back).toEqual(JSON.parse(JSON.stringify(value)));
        expect(duplicates).toEqual([]);
      }),
    );
  });
});
