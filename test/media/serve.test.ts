/** Media by real requests over real sockets: whole, in part, conditional, forged, and left half-way. */
import { once } from "node:events";
import { mkdtemp, readdir, readlink, rm } from "node:fs/promises";
import http2 from "node:http2";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { toEnvelope } from "../../src/api/errors.ts";
import { systemClock } from "../../src/base/clock.ts";
import { createLog } from "../../src/base/log.ts";
import { systemRandom } from "../../src/base/random.ts";
import { ServiceError } from "../../src/generations/failures.ts";
import { FileArtifactStore } from "../../src/media/file-store.ts";
import { registerMedia } from "../../src/media/serve.ts";
import { createMediaSigner } from "../../src/media/signer.ts";
import { createApp } from "../../src/server/app.ts";
import { createListener } from "../../src/server/listener/index.ts";
import { bytesOf, chunks, handClock } from "./support.ts";

const name = "tracks/mgen_1/1/master.mp3";
const size = 300_001;
const bytes = bytesOf(size);
const log = createLog("silent");
const clock = handClock();
const signer = createMediaSigner({
  keys: [{ id: "k1", secret: new Uint8Array(32).fill(7) }],
  clock,
});
const listener = createListener({
  clock: systemClock,
  log,
  encodeProtocolError: () => ({ status: 400, headers: {}, body: "" }),
});

let folder: string;
let store: FileArtifactStore;
let base: string;
let port: number;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "media-"));
  store = new FileArtifactStore({ folder, clock, random: systemRandom });
  await store.start();
  await store.put(name, chunks(bytes), { mimeType: "audio/mpeg" });
  await store.put("a/empty", chunks(Buffer.alloc(0)), { mimeType: "audio/mpeg" });
  await store.put("a/big", chunks(bytesOf(40_000_000)), { mimeType: "audio/mpeg" });
  const app = createApp({
    serverFactory: listener.serverFactory,
    log,
    requestId: () => "req_test",
    encodeError: (error, id) => toEnvelope(error as ServiceError, id, clock.now()),
    notFound: () => new ServiceError("route_not_found"),
    unknownMethod: () => new ServiceError("method_not_allowed"),
  });
  registerMedia(app, { store, signer, clock });
  await app.ready();
  ({ port } = await listener.listen({ host: "127.0.0.1", port: 0 }));
  base = `http://127.0.0.1:${port}`;
});
afterAll(async () => {
  await listener.close(0);
  await rm(folder, { recursive: true, force: true });
});

const get = (path: string, headers: Record<string, string> = {}, method = "GET") =>
  fetch(base + path, { headers, method });
const signed = (artifact = name) => signer.sign(artifact);
const bodyOf = async (answer: Response) => Buffer.from(await answer.arrayBuffer());
const codeOf = async (answer: Response) => {
  const { error } = (await answer.json()) as { error: { code: string } };
  return [answer.status, error.code];
};

describe("the whole", () => {
  test("has every header that a player and a cache want", async () => {
    const answer = await get(signer.sign(name, { filename: "Regen für Zoë.mp3" }));
    expect(answer.status).toBe(200);
    expect((await bodyOf(answer)).equals(bytes)).toBe(true);
    const { sha256 } = (await store.stat(name))!;
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      "accept-ranges": "bytes",
      "cache-control": "private, max-age=1199, immutable",
      "content-disposition": `inline; filename="Regen fur Zoe.mp3"; filename*=UTF-8''Regen%20f%C3%BCr%20Zo%C3%AB.mp3`,
      "content-length": String(size),
      "content-type": "audio/mpeg",
      etag: `"${sha256}"`,
      "last-modified": "Tue, 24 Nov 2026 12:00:01 GMT",
      "x-content-type-options": "nosniff",
    });
  });

  test("HEAD says the same without it, and knows no ranges", async () => {
    const path = signed();
    const [whole, head] = [await get(path), await get(path, { range: "bytes=0-9" }, "HEAD")];
    await whole.arrayBuffer();
    expect(head.status).toBe(200);
    expect((await bodyOf(head)).length).toBe(0);
    const told = ({ headers }: Response) =>
      [...headers].filter(([field]) => !["date", "connection", "keep-alive"].includes(field));
    expect(told(head)).toEqual(told(whole));
  });

  test("comes over HTTP/2 as well", async () => {
    const session = http2.connect(base);
    const stream = session.request({ ":path": signed(), range: "bytes=1000-" });
    const [head] = await once(stream, "response");
    expect(head[":status"]).toBe(206);
    expect(Buffer.concat(await stream.toArray()).equals(bytes.subarray(1000))).toBe(true);
    session.close();
  });

  test("of nothing is nothing", async () => {
    const answer = await get(signed("a/empty"));
    expect([answer.status, answer.headers.get("content-length")]).toEqual([200, "0"]);
    expect(await codeOf(await get(signed("a/empty"), { range: "bytes=0-" }))).toEqual([
      416,
      "RANGE_NOT_SATISFIABLE",
    ]);
  });
});

describe("a part", () => {
  test("any range is exactly those bytes", async () => {
    const position = fc.integer({ min: 0, max: size + 10 });
    await fc.assert(
      fc.asyncProperty(position, fc.option(position), async (start, end) => {
        fc.pre(end === null || start <= end);
        const answer = await get(signed(), { range: `bytes=${start}-${end ?? ""}` });
        if (start >= size) {
          expect(answer.headers.get("content-range")).toBe(`bytes */${size}`);
          expect(await codeOf(answer)).toEqual([416, "RANGE_NOT_SATISFIABLE"]);
          return;
        }
        const last = Math.min(end ?? size - 1, size - 1);
        expect(answer.status).toBe(206);
        expect(answer.headers.get("content-range")).toBe(`bytes ${start}-${last}/${size}`);
        expect(answer.headers.get("content-length")).toBe(String(last - start + 1));
        expect((await bodyOf(answer)).equals(bytes.subarray(start, last + 1))).toBe(true);
      }),
      { numRuns: 150 },
    );
  });

  test.each([1, 500, size, size + 1])("the last %i bytes", async (length) => {
    const answer = await get(signed(), { range: `bytes=-${length}` });
    expect(answer.status).toBe(206);
    expect((await bodyOf(answer)).equals(bytes.subarray(-length))).toBe(true);
  });

  test.each([
    "bytes=0-1,5-9",
    "bytes=9-0",
    "bytes=a-b",
    "bytes=",
    "bytes",
    "lines=0-1",
    "bytes=-",
    "bytes=0-1-2",
    "bytes=1e3-",
    "bytes=99999999999999999999-9",
  ])("%s is ignored", async (range) => {
    const answer = await get(signed(), { range });
    expect(answer.status).toBe(200);
    expect((await bodyOf(answer)).length).toBe(size);
  });

  test.each(["bytes=-0", `bytes=${size}-`])("%s cannot be satisfied", async (range) => {
    const answer = await get(signed(), { range });
    expect(answer.headers.get("content-range")).toBe(`bytes */${size}`);
    expect(await codeOf(answer)).toEqual([416, "RANGE_NOT_SATISFIABLE"]);
  });

  test("If-Range: the part of what the client has, or all of it", async () => {
    const { sha256 } = (await store.stat(name))!;
    const statusWith = async (ifRange: string) => {
      const answer = await get(signed(), { range: "bytes=0-9", "if-range": ifRange });
      await answer.arrayBuffer();
      return answer.status;
    };
    expect(await statusWith(`"${sha256}"`)).toBe(206);
    expect(await statusWith("Tue, 24 Nov 2026 12:00:01 GMT")).toBe(206);
    expect(await statusWith('"other"')).toBe(200);
    expect(await statusWith(`W/"${sha256}"`)).toBe(200);
    expect(await statusWith("Tue, 24 Nov 2026 12:00:02 GMT")).toBe(200);
  });
});

describe("conditions", () => {
  const etag = async () => `"${(await store.stat(name))!.sha256}"`;
  const statusWith = async (headers: Record<string, string>, method = "GET") => {
    const answer = await get(signed(), headers, method);
    await answer.arrayBuffer();
    return answer.status;
  };

  test("If-None-Match: what the client has is not sent again", async () => {
    const answer = await get(signed(), { "if-none-match": await etag() });
    expect([answer.status, (await bodyOf(answer)).length]).toEqual([304, 0]);
    expect(answer.headers.get("etag")).toBe(await etag());
    expect(answer.headers.get("cache-control")).toMatch(/^private, max-age=\d+, immutable$/);
    expect(await statusWith({ "if-none-match": `"a", W/${await etag()}` })).toBe(304);
    expect(await statusWith({ "if-none-match": "*" })).toBe(304);
    expect(await statusWith({ "if-none-match": await etag() }, "HEAD")).toBe(304);
    expect(await statusWith({ "if-none-match": await etag(), range: "bytes=0-1" })).toBe(304);
    expect(await statusWith({ "if-none-match": '"other"' })).toBe(200);
  });

  test("If-Modified-Since counts only without If-None-Match", async () => {
    const same = "Tue, 24 Nov 2026 12:00:01 GMT";
    expect(await statusWith({ "if-modified-since": same })).toBe(304);
    expect(await statusWith({ "if-modified-since": "Tue, 24 Nov 2026 12:00:00 GMT" })).toBe(200);
    expect(await statusWith({ "if-modified-since": "yesterday" })).toBe(200);
    expect(await statusWith({ "if-modified-since": same, "if-none-match": '"other"' })).toBe(200);
  });
});

describe("who gets nothing", () => {
  test("each part of the URL counts; the answer is the envelope", async () => {
    const url = new URL(signer.sign(name, { filename: "a.mp3" }), base);
    const forgeries = [
      (forged: URL) => {
        forged.pathname = forged.pathname.replace("mgen_1", "mgen_2");
      },
      ...["expires", "key", "signature", "filename"].flatMap((field) => [
        (forged: URL) => forged.searchParams.set(field, `${url.searchParams.get(field)}1`),
        (forged: URL) => forged.searchParams.delete(field),
      ]),
      (forged: URL) => forged.searchParams.set("extra", "1"),
      (forged: URL) => {
        forged.search = "";
      },
    ];
    for (const forge of forgeries) {
      const forged = new URL(url);
      forge(forged);
      const answer = await get(forged.pathname + forged.search);
      expect(answer.headers.get("cache-control")).toBe("no-store");
      expect(await codeOf(answer)).toEqual([403, "SIGNATURE_INVALID"]);
    }
    expect((await get(url.pathname + url.search, {}, "HEAD")).status).toBe(200);
  });

  test.each([
    "/media/v1/../../etc/passwd",
    "/media/v1/%2e%2e/%2e%2e/etc/passwd",
    "/media/v1/..%2f..%2fetc%2fpasswd",
    "/media/v1//etc/passwd",
    "/media/v1/tracks/mgen_1/1/+master.mp3/master.mp3",
    "/media/v1/.incoming/x",
    "/media/v1/",
  ])("%s leads nowhere, whatever signature it bears", async (path) => {
    const query = signed().split("?")[1];
    const socket = net.connect(port, "127.0.0.1").setEncoding("latin1");
    socket.write(`GET ${path}?${query} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    const answer = (await socket.toArray()).join("");
    expect(answer).toMatch(/^HTTP\/1\.1 (403|404) [\s\S]*"(SIGNATURE_INVALID|ROUTE_NOT_FOUND)"/);
  });

  test("a URL expires", async () => {
    const path = signed();
    clock.advance(1200);
    expect(await codeOf(await get(path))).toEqual([403, "SIGNATURE_INVALID"]);
    expect((await get(signed(), {}, "HEAD")).status).toBe(200);
  });

  test("a genuine URL of what is gone is 404", async () => {
    expect(await codeOf(await get(signed("a/gone")))).toEqual([404, "RESOURCE_NOT_FOUND"]);
  });

  test("other methods are refused with what is allowed", async () => {
    const answer = await get(signed(), {}, "DELETE");
    expect(answer.headers.get("allow")).toBe("GET, HEAD");
    expect(await codeOf(answer)).toEqual([405, "METHOD_NOT_ALLOWED"]);
  });
});

describe("large files", () => {
  /** Artifacts that this process has open now. */
  const openFiles = async () => {
    const descriptors = await readdir("/proc/self/fd");
    const paths = await Promise.all(
      descriptors.map((fd) => readlink(join("/proc/self/fd", fd)).catch(() => "")),
    );
    return paths.filter((path) => path.startsWith(folder)).length;
  };

  test("one that nobody reads on is not read ahead, and is closed when the client leaves", async () => {
    const before = process.memoryUsage().arrayBuffers;
    const sockets = Array.from({ length: 10 }, () => {
      const socket = net.connect(port, "127.0.0.1");
      socket.write(`GET ${signed("a/big")} HTTP/1.1\r\nHost: x\r\n\r\n`);
      return socket;
    });
    // The first bytes are there; nobody takes the rest.
    await Promise.all(sockets.map((socket) => once(socket, "readable")));
    await expect.poll(openFiles, { interval: 5 }).toBe(10);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(100_000_000);
    for (const socket of sockets) socket.destroy();
    await expect.poll(openFiles, { interval: 5 }).toBe(0);
  });
});
