/** What strangers put where a text, a number or bytes belong. */
import fc from "fast-check";

/** What broke something somewhere before. */
const notorious = [
  "",
  " ",
  ".",
  "..",
  "../../etc/passwd",
  "..%2f..%2f",
  "%",
  "%00",
  "%zz",
  "%C3%28",
  "%ED%A0%80",
  "%2F",
  "null",
  "undefined",
  "true",
  "[]",
  "{}",
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  "$where",
  '{"$gt":""}',
  "NaN",
  "Infinity",
  "-Infinity",
  "-0",
  "1e309",
  "1e-400",
  "0x10",
  "2147483647",
  "2147483648",
  "-2147483649",
  "9007199254740993",
  "18446744073709551616",
  "99999999999999999999999999999999",
  "'\";--",
  "<script>",
  "\u0000",
  "\u0007\u001b[31m",
  "\u202e",
  "\ufeff",
  "é\u0301",
  "\ud83d",
  "a".repeat(513),
  "ü".repeat(3_000),
] as const;

/** Any text: notorious, short and odd, or from all of Unicode. */
export const text: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom<string>(...notorious),
  fc.string({ unit: "binary", maxLength: 24 }),
  fc.string({ unit: "grapheme", maxLength: 24 }),
  fc.string({ maxLength: 8 }),
);

/** A token (RFC 9110, section 5.6.2): the name of a header. */
export const name: fc.Arbitrary<string> = fc.oneof(
  fc.stringMatching(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,20}$/),
  fc.constantFrom("__proto__", "constructor", "X_Api_Key", "toString"),
);

/** A header's value that HTTP's own grammar has (section 5.5), so that it gets as far as it can. */
export const headerValue: fc.Arbitrary<string> = fc.oneof(
  text.map((value) => value.replaceAll(/[^\t\x20-\x7e\x80-\xff]/g, "")),
  fc.constantFrom("a, b", ";;;", '"', "q=2", "*/*;q=", "bytes=0-", "Bearer", "W/", "\t"),
);

/** Any JSON, with numbers that JSON can hold and JavaScript can't. */
export const json: fc.Arbitrary<string> = fc.oneof(
  fc.json({ maxDepth: 4 }),
  fc.jsonValue({ maxDepth: 3, noUnicodeString: false }).map((value) => JSON.stringify(value)),
  fc.constantFrom(
    "1e999",
    "-0",
    "0.1e-5",
    "123456789012345678901234567890",
    '"\\ud800"',
    "[[[[]]]]",
  ),
);

export const bytes: fc.Arbitrary<Uint8Array> = fc.oneof(
  fc.uint8Array({ maxLength: 64 }),
  fc.uint8Array({ minLength: 64, maxLength: 2_000 }),
);

/** `of`, in which a few places were overwritten, cut out, doubled, or filled with something else. */
export function mutated(
  of: fc.Arbitrary<Uint8Array>,
  inserts: fc.Arbitrary<Uint8Array>,
): fc.Arbitrary<Uint8Array> {
  const change = fc.record({
    // Anywhere, and not mostly at the ends.
    at: fc.noBias(fc.nat(9_999)),
    length: fc.nat(12),
    how: fc.constantFrom("cut", "double", "insert", "overwrite"),
    insert: inserts,
  });
  return fc.tuple(of, fc.array(change, { maxLength: 3 })).map(([whole, changes]) =>
    changes.reduce<Uint8Array>((bytes, { at, length, how, insert }) => {
      const start = Math.floor((at / 10_000) * bytes.length);
      const [head, tail] = [bytes.subarray(0, start), bytes.subarray(start)];
      if (how === "cut") return Buffer.concat([head, tail.subarray(length)]);
      if (how === "double") return Buffer.concat([head, tail.subarray(0, length), tail]);
      if (how === "insert") return Buffer.concat([head, insert, tail]);
      return Buffer.concat([head, insert, tail.subarray(insert.length)]);
    }, whole),
  );
}
