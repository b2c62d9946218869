/** `Content-Disposition`: the name arrives, and nothing in it gets out of its place. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { inlineDisposition } from "../../src/media/disposition.ts";

test.each([
  ["Rain.mp3", 'inline; filename="Rain.mp3"'],
  ["a (1)'s.mp3", `inline; filename="a (1)'s.mp3"`],
  ['a"b.mp3', `inline; filename="a_b.mp3"; filename*=UTF-8''a%22b.mp3`],
  ["100%.mp3", `inline; filename="100_.mp3"; filename*=UTF-8''100%25.mp3`],
  ["../x\r\ny\\z", 'inline; filename=".._x__y_z"'],
  ["雨(*)", `inline; filename="_(*)"; filename*=UTF-8''%E9%9B%A8%28%2A%29`],
  ["🌧", `inline; filename="_"; filename*=UTF-8''%F0%9F%8C%A7`],
])("%j", (filename, header) => {
  expect(inlineDisposition(filename)).toBe(header);
});

test("any name gives a well-formed header, and the name back", () => {
  const form = /^inline; filename="([ !#-$&-[\]-~]*)"(?:; filename\*=UTF-8''([\w!#$&+.^`|~%-]*))?$/;
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 60 }), (filename) => {
      const [, ascii, encoded] = form.exec(inlineDisposition(filename)) ?? [];
      const name = encoded === undefined ? ascii : decodeURIComponent(encoded);
      expect(name).toBe(filename.replace(/[/\\\p{Cc}]/gu, (one) => (one > "\x7f" ? one : "_")));
    }),
  );
});
