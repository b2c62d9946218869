/** The form of API keys: what is made is accepted, and any slip is noticed without the database. */
import { crc32 } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { isKeyForm, newKey } from "../../src/generations/api-key-format.ts";

const drawing = (secret: Uint8Array) => ({
  hex: () => Buffer.from(secret).toString("hex"),
  uniform: () => 0,
});
const bytes = fc.uint8Array({ minLength: 32, maxLength: 32 });
const key = bytes.map((secret) => newKey(drawing(secret)));
const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

test("a new key has the form, also at the ends of the range", () => {
  fc.assert(fc.property(key, (made) => isKeyForm(made) && /^oak_[0-9A-Za-z]{49}$/.test(made)));
  for (const byte of [0, 255]) {
    const made = newKey(drawing(new Uint8Array(32).fill(byte)));
    expect(isKeyForm(made)).toBe(true);
  }
});

test("two secrets are two keys", () => {
  fc.assert(fc.property(key, key, (a, b) => a !== b));
});

test("its last six digits are the CRC-32 of the rest, in base 62", () => {
  fc.assert(
    fc.property(key, (made) => {
      const sum = [...made.slice(-6)].reduce((n, digit) => n * 62 + digits.indexOf(digit), 0);
      return sum === crc32(made.slice(0, -6));
    }),
  );
});

test("one wrong, missing, doubled or swapped character is noticed", () => {
  const at = fc.integer({ min: 4, max: 52 });
  fc.assert(
    fc.property(key, at, fc.constantFrom(...digits), (made, n, digit) => {
      const wrong = made.slice(0, n) + digit + made.slice(n + 1);
      const swapped =
        made.slice(0, n) +
        made
          .slice(n, n + 2)
          .split("")
          .reverse()
          .join("") +
        made.slice(n + 2);
      const slips = [
        wrong,
        swapped,
        made.slice(0, n) + made.slice(n + 1),
        made.slice(0, n) + digit + made.slice(n),
      ];
      return slips.every((slip) => slip === made || !isKeyForm(slip));
    }),
  );
});

test.each(["", "oak_", "oak_é".padEnd(53, "0"), `xxx_${"0".repeat(49)}`, `oak_${"-".repeat(49)}`])(
  "%s has not the form",
  (text) => expect(isKeyForm(text)).toBe(false),
);
