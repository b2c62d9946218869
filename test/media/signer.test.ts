/** Signed URLs: what they grant, that every part of one counts, and how they age. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { InvalidArtifactName } from "../../src/generations/artifacts.ts";
import { createMediaSigner, type MediaKey } from "../../src/media/signer.ts";
import { handClock } from "./support.ts";

const key = (id: string, fill: number): MediaKey => ({ id, secret: new Uint8Array(32).fill(fill) });
const clock = handClock();
const signer = createMediaSigner({ keys: [key("k1", 1)], clock });
const name = "tracks/mgen_1/2/master.mp3";

test("a URL grants what was signed", () => {
  const url = signer.sign(name, { filename: "Rain & “Sun” +1.mp3" });
  expect(url).toMatch(
    /^\/media\/v1\/tracks\/mgen_1\/2\/master\.mp3\?filename=[^&]+&expires=\d+&key=k1&signature=[\w-]{43}$/,
  );
  expect(signer.verify(url)).toEqual({
    name,
    filename: "Rain & “Sun” +1.mp3",
    expiresAt: new Date("2026-11-24T12:20:00Z"),
  });
  expect(signer.verify(signer.sign(name))).toMatchObject({ name, filename: null });
});

test("changing any one character of a URL makes it invalid", () => {
  const url = signer.sign(name, { filename: "Rain.mp3" });
  const alphabet = "AQgw_-05z.%&=?/+ ";
  for (let at = 0; at < url.length; at += 1) {
    for (const other of alphabet) {
      if (other === url[at]) continue;
      const forged = url.slice(0, at) + other + url.slice(at + 1);
      expect([forged, signer.verify(forged)]).toEqual([forged, "invalid"]);
    }
    const shorter = url.slice(0, at) + url.slice(at + 1);
    expect([shorter, signer.verify(shorter)]).toEqual([shorter, "invalid"]);
  }
});

test.each(["expires", "key", "signature", "filename"])("without %s it is invalid", (field) => {
  const url = new URL(signer.sign(name, { filename: "a" }), "http://x");
  url.searchParams.delete(field);
  expect(signer.verify(url.pathname + url.search)).toBe("invalid");
});

test("what is doubled or added makes it invalid", () => {
  const url = signer.sign(name);
  const { searchParams } = new URL(url, "http://x");
  for (const [field, value] of searchParams) {
    expect(signer.verify(`${url}&${field}=${value}`)).toBe("invalid");
  }
  expect(signer.verify(`${url}&filename=x`)).toBe("invalid");
  expect(signer.verify(`${url}&other=x`)).toBe("invalid");
  expect(signer.verify(url.split("?")[0]!)).toBe("invalid");
});

test("parts cannot be moved between two good URLs", () => {
  const [a, b] = [signer.sign("a/b", { filename: "c" }), signer.sign("a/c", { filename: "b" })];
  const parts = (url: string) => new URL(url, "http://x");
  for (const field of ["filename", "signature"]) {
    const mixed = parts(a);
    mixed.searchParams.set(field, parts(b).searchParams.get(field)!);
    expect(signer.verify(mixed.pathname + mixed.search)).toBe("invalid");
  }
  expect(signer.verify(parts(b).pathname + parts(a).search)).toBe("invalid");
});

test("arbitrary text is invalid and never an exception", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => signer.verify(text) === "invalid"),
  );
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      return signer.verify(`/media/v1/a?${text}`) === "invalid";
    }),
  );
});

test("any file name survives, but for control characters and what UTF-8 cannot say", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 100 }), (filename) => {
      const grant = signer.verify(signer.sign(name, { filename }));
      return typeof grant === "object" && grant.filename === filename.replace(/\p{Cc}/gu, " ");
    }),
  );
  const lone = signer.verify(signer.sign(name, { filename: "a\ud800b" }));
  expect(lone).toMatchObject({ filename: "a\ufffdb" });
});

test("a URL works for at least its time and at most a window more, then it is expired", () => {
  const time = handClock("2026-11-24T12:00:01Z");
  const aging = createMediaSigner({
    keys: [key("k", 1)],
    clock: time,
    ttlSeconds: 60,
    windowSeconds: 10,
  });
  const url = aging.sign(name);
  time.advance(60);
  expect(aging.verify(url)).toMatchObject({ name });
  time.advance(8.999);
  expect(aging.verify(url)).toMatchObject({ name });
  time.advance(0.001);
  expect(aging.verify(url)).toBe("expired");
  expect(aging.verify(url.replace(/expires=\d+/, "expires=99999999999"))).toBe("invalid");
});

test("within a window every call gives the same URL", () => {
  const time = handClock("2026-11-24T12:00:01Z");
  const calm = createMediaSigner({
    keys: [key("k", 1)],
    clock: time,
    ttlSeconds: 60,
    windowSeconds: 10,
  });
  const first = calm.sign(name);
  time.advance(9);
  expect(calm.sign(name)).toBe(first);
  time.advance(0.1);
  expect(calm.sign(name)).not.toBe(first);
});

test("the first key signs, all verify, a dropped one no longer does", () => {
  const before = createMediaSigner({ keys: [key("old", 1)], clock });
  const during = createMediaSigner({ keys: [key("new", 2), key("old", 1)], clock });
  const after = createMediaSigner({ keys: [key("new", 2)], clock });
  const old = before.sign(name);
  expect(during.verify(old)).toMatchObject({ name });
  expect(after.verify(old)).toBe("invalid");
  expect(during.sign(name)).toBe(after.sign(name));
  expect(after.verify(old.replace("key=old", "key=new"))).toBe("invalid");
});

test("what cannot be right is refused at once", () => {
  expect(() => createMediaSigner({ keys: [], clock })).toThrow(TypeError);
  expect(() => createMediaSigner({ keys: [key("a b", 1)], clock })).toThrow(TypeError);
  expect(() => createMediaSigner({ keys: [key("a", 1), key("a", 2)], clock })).toThrow(TypeError);
  const short = { id: "k", secret: new Uint8Array(31) };
  expect(() => createMediaSigner({ keys: [short], clock })).toThrow(TypeError);
  expect(() => signer.sign("../x")).toThrow(InvalidArtifactName);
});
