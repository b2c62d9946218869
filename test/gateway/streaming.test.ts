/** Streams over real sockets: headers, empty ones, errors, slow and leaving readers. */
import { once } from "node:events";
import http from "node:http";
import http2 from "node:http2";
import type { HandlerContext } from "@connectrpc/connect";
import { EventSource } from "eventsource";
import { describe, expect, it, onTestFinished } from "vitest";
import { type LibraryOptions, serveLibrary } from "./library.ts";

const pages = "/v1/books/x/pages";
const ndjson = { accept: "application/x-ndjson" };

type Read = (request: object, context: HandlerContext) => AsyncIterable<object>;

function serve(read: Read, options: LibraryOptions = {}): Promise<string> {
  return serveLibrary({ ...options, implementation: { read } as never });
}

/** Reads nothing until it is told to. */
async function openSlowly(base: string, headers = {}): Promise<http.IncomingMessage> {
  const request = http.get(base + pages, { headers });
  onTestFinished(() => void request.destroy());
  const [response] = (await once(request, "response")) as [http.IncomingMessage];
  return response.pause();
}

describe("headers", () => {
  it("are those of a stream, with what the implementation set", async () => {
    const base = await serve(async function* (_request, context) {
      context.responseHeader.set("x-page-count", "1");
      context.responseHeader.set("content-type", "text/plain");
      yield { number: 1 };
    });
    const { headers } = await fetch(base + pages);
    expect(Object.fromEntries(headers)).toMatchObject({
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-cache, no-transform",
      "x-accel-buffering": "no",
      "x-page-count": "1",
    });
    expect(headers.get("content-encoding")).toBe(null);
  });

  it("406 when neither framing is wanted; the more wanted one wins", async () => {
    const base = await serveLibrary();
    const ask = (accept: string) => fetch(base + pages, { headers: { accept } });
    expect((await (await ask("application/json")).json()) as object).toMatchObject({
      kind: "not_acceptable",
    });
    const lines = await ask("text/event-stream;q=0.5, application/x-ndjson");
    expect(lines.headers.get("content-type")).toBe("application/x-ndjson; charset=utf-8");
  });
});

describe("a stream without a message", () => {
  const nothing: Read = async function* () {};

  it.each([ndjson, { accept: "text/event-stream" }])("is empty: %j", async (headers) => {
    const response = await fetch((await serve(nothing)) + pages, { headers });
    expect(response.status).toBe(200);
    expect((await response.text()).replace("retry: 1000\n\n", "")).toBe("");
  });

  it("is 204 for a client that comes again, so that an EventSource stays away", async () => {
    let calls = 0;
    const base = await serveLibrary({
      implementation: {
        async *read(request: { after: number }) {
          calls++;
          if (request.after < 1) yield { number: 1, text: "only" };
        },
      } as never,
    });
    const source = new EventSource(base + pages);
    onTestFinished(() => source.close());
    const data: string[] = [];
    source.addEventListener("page", (event) => data.push(event.data as string));
    while (source.readyState !== source.CLOSED) {
      await new Promise((resolve) => source.addEventListener("error", resolve, { once: true }));
    }
    expect([calls, data]).toEqual([2, ['{"number":1,"text":"only"}']]);
  });
});

it("an error in the middle is the last line", async () => {
  const base = await serve(async function* () {
    yield { number: 1 };
    throw new Error("torn");
  });
  const text = await (await fetch(base + pages, { headers: ndjson })).text();
  expect(text).toBe('{"number":1,"text":""}\n{"failed":"torn"}\n');
});

describe("a slow reader", () => {
  it.each(["reads on", "leaves"])("is waited for, and then %s", async (then) => {
    const text = "x".repeat(64 * 1024);
    let made = 0;
    const ended = Promise.withResolvers<void>();
    const base = await serve(async function* () {
      try {
        for (; made < 400; made++) yield { number: made, text };
      } finally {
        ended.resolve();
      }
    });
    const response = await openSlowly(base, ndjson);
    // The generator stands still once the buffers of the socket are full.
    for (let before = -1; before !== made; ) {
      before = made;
      await fetch(`${base}/v1/books/x`).then((answer) => answer.text());
    }
    expect(made).toBeLessThan(400);
    if (then === "leaves") response.destroy();
    else for await (const chunk of response) void chunk;
    await ended.promise;
    if (then === "leaves") expect(made).toBeLessThan(400);
    else expect(made).toBe(400);
  });
});

it("a generator that ignores its signal does not keep the response of one who left", async () => {
  const begun = Promise.withResolvers<void>();
  const next = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  const base = await serve(async function* (_request, { signal }) {
    try {
      yield { number: 1 };
      signal.addEventListener("abort", () => begun.resolve());
      await next.promise;
      yield { number: 2 };
      throw new Error("nobody asked for this one");
    } finally {
      ended.resolve();
    }
  });
  const response = await openSlowly(base);
  response.resume().destroy();
  await begun.promise;
  next.resolve();
  await ended.promise;
});

it("over HTTP/2 a unary call, an error and a stream are the same", async () => {
  const base = await serveLibrary({ http2: true });
  const session = http2.connect(base);
  onTestFinished(() => session.destroy());
  const get = async (path: string, method = "GET") => {
    const stream = session.request({ ":path": path, ":method": method });
    const [headers] = (await once(stream, "response")) as [http2.IncomingHttpHeaders];
    let text = "";
    for await (const chunk of stream) text += chunk;
    return { status: headers[":status"], type: headers["content-type"], text };
  };
  const book = await get("/v1/books/a%20b");
  expect([book.status, JSON.parse(book.text).id]).toEqual([200, "a b"]);
  expect(await get("/v1/books/a", "HEAD")).toMatchObject({ status: 200, text: "" });
  expect(JSON.parse((await get("/v2")).text)).toMatchObject({ kind: "route_not_found" });
  const stream = await get(pages);
  expect(stream.type).toBe("text/event-stream; charset=utf-8");
  expect(stream.text.match(/^id: \d$/gm)).toEqual(["id: 1", "id: 2", "id: 3"]);
});
