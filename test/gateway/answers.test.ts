/** Answers over real sockets: validators, caching, content codings, and what is refused by header. */
import http from "node:http";
import { promisify } from "node:util";
import { brotliDecompress, gunzip } from "node:zlib";
import { describe, expect, it } from "vitest";
import { negotiateCoding } from "../../src/gateway/content-coding.ts";
import { serveLibrary } from "./library.ts";

interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
}

/** As it is on the wire: nothing is decoded or added on the way. */
async function send(url: string, headers = {}, method = "GET", body?: string): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<http.IncomingMessage>();
  http.request(url, { method, headers }, resolve).on("error", reject).end(body);
  const response = await promise;
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  const { statusCode: status = 0, headers: received } = response;
  return { status, headers: received, body: Buffer.concat(chunks) };
}

const book = "/v1/books/x";
const long = {
  lend: () => ({ title: "t".repeat(5_000) }),
  getBook: () => ({ title: "é".repeat(5_000) }),
};

describe("a GET that is asked again", () => {
  it("is 304 without a body while the body is the same, and 200 when it is not", async () => {
    let title = "one";
    const base = await serveLibrary({ implementation: { getBook: () => ({ title }) } });
    const first = await send(base + book);
    const tag = first.headers.etag ?? "";
    expect(tag).toMatch(/^W\/"[\w-]{22}"$/);
    expect(first.headers).toMatchObject({
      "cache-control": "private, no-cache",
      vary: "Accept, Accept-Encoding",
    });
    const same = await send(base + book, { "if-none-match": tag });
    expect([same.status, same.body.length]).toEqual([304, 0]);
    expect(same.headers).toMatchObject({
      etag: tag,
      "cache-control": "private, no-cache",
      vary: "Accept, Accept-Encoding",
    });
    expect(same.headers["content-type"]).toBe(undefined);
    title = "two";
    const changed = await send(base + book, { "if-none-match": tag });
    expect(changed.status).toBe(200);
    expect(changed.headers.etag).not.toBe(tag);
  });

  it.each([
    ["*", 304],
    ['"a,b", TAG , "c"', 304],
    ["OPAQUE", 304],
    ['"a"', 200],
    ['W/"a", "', 200],
    ["BARE", 200],
    ["", 200],
  ])("If-None-Match: %s is %i", async (header, status) => {
    const base = await serveLibrary();
    const { headers } = await send(base + book);
    const tag = headers.etag ?? "";
    const sent = header
      .replace("TAG", tag)
      .replace("OPAQUE", tag.slice(2))
      .replace("BARE", tag.slice(3, -1));
    for (const method of ["GET", "HEAD"]) {
      expect((await send(base + book, { "if-none-match": sent }, method)).status).toBe(status);
    }
  });

  it("has the same tag in every coding", async () => {
    const base = await serveLibrary({ implementation: long });
    const { headers } = await send(base + book);
    const again = { "if-none-match": headers.etag, "accept-encoding": "br" };
    expect((await send(base + book, again)).status).toBe(304);
  });
});

it("what is no successful GET is not to be kept", async () => {
  const base = await serveLibrary();
  const json = { "content-type": "application/json" };
  const created = await send(`${base}/v1/shelves/s/books`, json, "POST", "{}");
  expect([created.status, created.headers.etag]).toEqual([201, undefined]);
  const missing = await send(`${base}/v2`);
  const refused = await send(`${base}/v1/books?limit=x`);
  for (const { headers } of [created, missing, refused]) {
    expect(headers["cache-control"]).toBe("no-store");
  }
});

it("Location begins with the public URL when there is one", async () => {
  const base = await serveLibrary({ baseUrl: "https://books.example/api" });
  const json = { "content-type": "application/json" };
  const { headers } = await send(`${base}/v1/shelves/s/books`, json, "POST", "{}");
  expect(headers.location).toBe("https://books.example/api/v1/shelves/s/books/s-1");
});

describe("content codings", () => {
  it.each([
    ["br", brotliDecompress],
    ["gzip", gunzip],
  ])("%s is that of the same JSON, with its length", async (coding, decode) => {
    const base = await serveLibrary({ implementation: long });
    const plain = await send(base + book);
    expect(plain.headers["content-encoding"]).toBe(undefined);
    const encoded = await send(base + book, { "accept-encoding": coding });
    expect(encoded.headers).toMatchObject({
      "content-encoding": coding,
      "content-length": String(encoded.body.length),
      "content-type": "application/json; charset=utf-8",
      vary: "Accept, Accept-Encoding",
    });
    expect(encoded.body.length).toBeLessThan(plain.body.length);
    const decoded = (await promisify<Buffer, Buffer>(decode)(encoded.body)) as Buffer;
    expect(decoded).toEqual(plain.body);
    const head = await send(base + book, { "accept-encoding": coding }, "HEAD");
    expect(head.headers).toMatchObject({
      "content-encoding": coding,
      "content-length": encoded.headers["content-length"],
    });
    const posted = await send(`${base}/v1/books/x:lend`, { "accept-encoding": coding }, "POST");
    expect(posted.headers["content-encoding"]).toBe(coding);
  });

  it("a small answer, and a stream, are as they are", async () => {
    const base = await serveLibrary({
      implementation: {
        async *read() {
          yield { text: "p".repeat(5_000) };
        },
      } as never,
    });
    for (const path of [book, "/v1/books/x/pages"]) {
      const { status, headers } = await send(base + path, { "accept-encoding": "br, gzip" });
      expect([status, headers["content-encoding"]]).toEqual([200, undefined]);
    }
  });

  it.each([
    [undefined, "identity"],
    ["", "identity"],
    ["gzip, deflate, br", "br"],
    ["gzip;q=1.0, br;q=0.5", "gzip"],
    ["GZIP", "gzip"],
    ["br;q=0, *", "gzip"],
    ["*;q=0", "identity"],
    ["gzip;q=0", "identity"],
    ["identity;q=0", "identity"],
    ["identity, gzip;q=0.5", "identity"],
    ["identity;q=0.5, gzip", "gzip"],
    ["deflate, zstd", "identity"],
    ["gzip;q=much", "identity"],
  ])("Accept-Encoding: %s is answered by %s", (header, coding) => {
    expect(negotiateCoding(header)).toBe(coding);
  });
});

describe("a body that is not JSON as it is", () => {
  it.each([
    [{ "content-encoding": "gzip" }, "accept-encoding", "identity", 'Content-Encoding is "gzip"'],
    [
      { "content-type": "text/plain" },
      "accept",
      "application/json",
      'Content-Type is "text/plain"',
    ],
    [
      { "content-type": "application/json; charset=latin1" },
      "accept",
      "application/json",
      'charset is "latin1"',
    ],
  ])("%j is refused, and the answer says what is taken", async (headers, name, value, message) => {
    const base = await serveLibrary();
    const json = { "content-type": "application/json", ...headers };
    const answer = await send(`${base}/v1/books/x`, json, "PATCH", "\x1f\x8b");
    expect(answer.headers[name]).toBe(value);
    const { kind, message: said } = JSON.parse(answer.body.toString());
    expect([kind, said]).toEqual(["unsupported_media_type", expect.stringContaining(message)]);
  });
});
