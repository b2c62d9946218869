/** The gateway over real sockets, with a service that has nothing to do with music. */

import { once } from "node:events";
import http from "node:http";
import http2 from "node:http2";
import { describe, expect, it, onTestFinished } from "vitest";
import { GatewayError, routerOf } from "../../src/gateway/index.ts";
import { routesOf } from "../../src/gateway/routes.ts";
import { Library, type LibraryOptions, serveLibrary } from "./library.ts";

type Body = Record<string, unknown>;

async function call(base: string, method: string, path: string, body?: unknown, headers = {}) {
  const response = await fetch(base + path, {
    method,
    headers: { ...(body !== undefined && { "content-type": "application/json" }), ...headers },
    ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return {
    response,
    status: response.status,
    text,
    body: (text ? JSON.parse(text) : null) as Body,
  };
}

/** A request that `fetch` would not send. */
async function raw(base: string, method: string, path: string): Promise<http.IncomingMessage> {
  const request = http.request(base, { method, path }).end();
  const [response] = (await once(request, "response")) as [http.IncomingMessage];
  return response.resume();
}

function fields(body: Body): string[] {
  return (body["violations"] as { field: string }[]).map(({ field }) => field);
}

describe("routes", () => {
  it("bind path variables, also across segments and in additional bindings", async () => {
    const base = await serveLibrary();
    expect((await call(base, "GET", "/v1/shelves/a/books/b%20c")).body["id"]).toBe(
      "shelves/a/books/b c",
    );
    expect((await call(base, "GET", "/v1/books/x%2Fy")).body["id"]).toBe("x/y");
    expect((await call(base, "GET", "/v1/books/x:y")).body["id"]).toBe("x:y");
    expect((await call(base, "POST", "/v1/books/x:y:lend")).body).toMatchObject({
      id: "x:y",
      lent: true,
    });
  });

  it("serve custom methods and HEAD", async () => {
    const base = await serveLibrary();
    expect((await raw(base, "PROPFIND", "/v1/files/a/b")).statusCode).toBe(200);
    const head = await fetch(`${base}/v1/books/x`, { method: "HEAD" });
    expect([head.status, await head.text()]).toEqual([200, ""]);
    expect(Number(head.headers.get("content-length"))).toBeGreaterThan(10);
  });

  it("answer what is not there by route and by method", async () => {
    const base = await serveLibrary();
    expect((await call(base, "GET", "/v2")).body["kind"]).toBe("route_not_found");
    expect((await call(base, "GET", "/v1/books/")).body["kind"]).toBe("route_not_found");
    const wrong = await call(base, "DELETE", "/v1/books/x");
    expect(wrong.body).toMatchObject({ kind: "method_not_allowed" });
    expect(wrong.response.headers.get("allow")).toBe("GET, HEAD, OPTIONS, PATCH");
    expect((await raw(base, "PROPFIND", "/v1/books/x")).headers["allow"]).toBe(
      "GET, HEAD, OPTIONS, PATCH",
    );
    expect((await raw(base, "OPTIONS", "*")).headers["allow"]).toBe(
      "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PROPFIND, PUT",
    );
    const options = await fetch(`${base}/v1/books/x`, { method: "OPTIONS" });
    expect([options.status, options.headers.get("allow")]).toEqual([
      204,
      "GET, HEAD, OPTIONS, PATCH",
    ]);
  });

  it("that conflict are an error at start", () => {
    const routes = routesOf(Library);
    expect(() => routerOf([...routes, routes[0]!])).toThrow(/matches the same paths/);
  });
});

describe("bodies", () => {
  it("go into the bound field, headers and preferences beside it", async () => {
    const base = await serveLibrary();
    const book = { title: "T", genre: "sci_fi", author: { full_name: "A", born: 1900 } };
    const headers = { "x-copies": "3", prefer: 'respond-async, wait="7"', "x-edition": "second" };
    const { status, body, response } = await call(
      base,
      "POST",
      "/v1/shelves/s%2F1/books",
      book,
      headers,
    );
    expect(status).toBe(201);
    expect(body).toMatchObject({ ...book, id: "s/1-1", pages: 3, isbn: "7", weight: 0 });
    expect(response.headers.get("location")).toBe("/v1/shelves/s%2F1/books/s%2F1-1");
    expect(response.headers.get("preference-applied")).toBe("wait=7");
  });

  it("a header that cannot be read is an error, a preference is ignored", async () => {
    const base = await serveLibrary();
    const bad = await call(base, "POST", "/v1/shelves/s/books", {}, { "x-copies": "many" });
    expect([bad.body["kind"], fields(bad.body)]).toEqual(["malformed", ["copies"]]);
    const ignored = await call(base, "POST", "/v1/shelves/s/books", {}, { prefer: "wait=long" });
    expect([ignored.status, ignored.response.headers.get("preference-applied")]).toEqual([
      201,
      null,
    ]);
  });

  it("answer one field when response_body says so", async () => {
    const base = await serveLibrary();
    const author = { full_name: "A" };
    const { body } = await call(base, "PATCH", "/v1/books/x", { author });
    expect(body).toEqual({ full_name: "A", born: null });
  });

  it("list every violation at once, with paths", async () => {
    const base = await serveLibrary({
      validate: () => [
        { field: "pages", rule: "own", message: "dropped: it has one already" },
        { field: "title", rule: "own", message: "kept" },
      ],
    });
    const { body } = await call(base, "PATCH", "/v1/books/x", {
      titel: "x",
      subtitle: 1,
      genre: "poem",
      author: { full_name: [], burn: 1 },
      tags: ["a", null, 2],
      stock: { a: "1" },
      printed_at: "yesterday",
      isbn: 1.5,
      weight: "heavy",
      lent: "no",
      cover: "§",
      editors: [{ born: 2 ** 40 }],
      pages: -1,
      secret: "x",
    });
    expect(body["kind"]).toBe("invalid");
    expect(fields(body).sort()).toEqual(
      [
        "author.burn",
        "author.full_name",
        "cover",
        "editors[0].born",
        "genre",
        "isbn",
        "lent",
        "pages",
        "printed_at",
        "secret",
        'stock["a"]',
        "subtitle",
        "tags[1]",
        "tags[2]",
        "titel",
        "title",
        "weight",
      ].sort(),
    );
    expect(JSON.stringify(body)).toContain("did you mean title?");
  });

  it.each([
    ["{", "malformed"],
    ["[]", "malformed"],
    ["", "malformed"],
  ])("%j is %s", async (text, kind) => {
    const base = await serveLibrary();
    expect((await call(base, "PATCH", "/v1/books/x", text)).body["kind"]).toBe(kind);
  });

  it.each(["text/plain", "application/json; charset=latin1", "application/x-www-form-urlencoded"])(
    "of type %s are refused",
    async (type) => {
      const base = await serveLibrary();
      const answer = await call(base, "PATCH", "/v1/books/x", "{}", { "content-type": type });
      expect(answer.body["kind"]).toBe("unsupported_media_type");
    },
  );

  it("keys of the prototype are unknown fields like any other", async () => {
    const base = await serveLibrary();
    const text = '{"__proto__": {"title": "x"}, "constructor": 1, "toString": 2}';
    const { body } = await call(base, "PATCH", "/v1/books/x", text);
    expect(fields(body).sort()).toEqual(["__proto__", "constructor", "toString"]);
  });

  it("are not asked for before the caller is let in", async () => {
    const base = await serveLibrary({
      authorize: async ({ pathValues }) => {
        if (pathValues.get("id") === "closed") throw new Error("closed");
        return {};
      },
    });
    const answer = await call(base, "PATCH", "/v1/books/closed", "{");
    expect(answer.body["kind"]).toBe("closed");
  });

  it("are answered with the headers of who let the caller in, errors as well", async () => {
    const base = await serveLibrary({ authorize: async () => ({ "x-let-in": "yes" }) });
    for (const text of ["{}", "{"]) {
      const answer = await call(base, "PATCH", "/v1/books/x", text);
      expect(answer.response.headers.get("x-let-in")).toBe("yes");
    }
  });
});

describe("queries", () => {
  it("set scalars, lists, nested fields, enums and timestamps in both spellings", async () => {
    const base = await serveLibrary();
    const query =
      "text=a+b&tags=x&tags=y&genre=novel&author.fullName=N&limit=5&lent=true&weight=1.5";
    const { body } = await call(
      base,
      "GET",
      `/v1/books?${query}&printedAfter=2020-01-02T03:04:05Z`,
    );
    expect(body).toEqual({
      text: "a b",
      tags: ["x", "y"],
      genre: "novel",
      author: { full_name: "N", born: null },
      limit: 5,
      lent: true,
      weight: 1.5,
      printed_after: "2020-01-02T03:04:05Z",
    });
  });

  it.each([
    ["limit=x", "malformed", "limit"],
    ["limit=", "malformed", "limit"],
    ["lent=1", "malformed", "lent"],
    ["genre=poem", "malformed", "genre"],
    ["limit=1&limit=2", "invalid", "limit"],
    ["txet=1", "invalid", "txet"],
    ["author.x=1", "invalid", "author.x"],
    ["limit=99999999999", "invalid", "limit"],
  ])("%s is %s and names %s", async (query, kind, field) => {
    const base = await serveLibrary();
    const { body } = await call(base, "GET", `/v1/books?${query}`);
    expect([body["kind"], fields(body)]).toEqual([kind, [field]]);
  });
});

describe("answers", () => {
  it("have every visible field in order, with explicit nulls", async () => {
    const base = await serveLibrary({
      implementation: {
        lend: () => ({
          id: "x",
          secret: "s",
          place: { case: "room", value: "r" },
          printedAt: { seconds: 0n, nanos: 120_000_000 },
        }),
      },
    });
    const { text } = await call(base, "POST", "/v1/books/x:lend");
    expect(text).toBe(
      '{"id":"x","title":"","subtitle":null,"genre":null,"author":null,"tags":[],"stock":{},' +
        '"printed_at":"1970-01-01T00:00:00.120Z","isbn":"0","weight":0,"lent":false,"cover":"",' +
        '"room":"r","floor":null,"loan":null,"editors":[],"note":null,"pages":0}',
    );
  });

  it("are JSON or nothing", async () => {
    const base = await serveLibrary();
    for (const accept of ["application/json", "*/*", "text/html;q=0.9, application/*;q=0.1"]) {
      expect((await call(base, "GET", "/v1/books/x", undefined, { accept })).status).toBe(200);
    }
    for (const accept of ["text/html", "application/json;q=0, */*;q=0"]) {
      const { body } = await call(base, "GET", "/v1/books/x", undefined, { accept });
      expect(body["kind"]).toBe("not_acceptable");
    }
  });
});

describe("streams", () => {
  it("are framed as events with ids, and go on after the last one", async () => {
    const base = await serveLibrary();
    const { response } = { response: await fetch(`${base}/v1/books/x/pages`) };
    expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    expect(await response.text()).toBe(
      "retry: 1000\n\n" +
        [1, 2, 3]
          .map((n) => `id: ${n}\nevent: page\ndata: {"number":${n},"text":"page ${n}"}\n\n`)
          .join(""),
    );
    const rest = await fetch(`${base}/v1/books/x/pages`, { headers: { "last-event-id": "2" } });
    expect(await rest.text()).not.toContain("id: 2\n");
    const over = await fetch(`${base}/v1/books/x/pages`, { headers: { "last-event-id": "3" } });
    expect(over.status).toBe(204);
  });

  it("are lines when asked for", async () => {
    const base = await serveLibrary();
    const headers = { accept: "application/x-ndjson" };
    const response = await fetch(`${base}/v1/books/x/pages`, { headers });
    expect(
      (await response.text())
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line).number),
    ).toEqual([1, 2, 3]);
  });

  it("an error before the first message is an ordinary answer, one in the middle a last event", async () => {
    const base = await serveLibrary({
      implementation: {
        async *read({ name }) {
          if (name === "middle") yield { number: 1, text: "" };
          throw new GatewayError("invalid", "torn");
        },
      },
    });
    expect((await fetch(`${base}/v1/books/start/pages`)).status).toBe(400);
    const text = await (await fetch(`${base}/v1/books/middle/pages`)).text();
    expect(text.endsWith('event: error\ndata: {"failed":"torn"}\n\n')).toBe(true);
  });

  it("a quiet one is kept alive from the start", async () => {
    let wake = () => {};
    const base = await serveLibrary({
      heartbeatMs: 5,
      implementation: {
        async *read() {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
          yield { number: 1, text: "" };
        },
      },
    });
    const response = await fetch(`${base}/v1/books/x/pages`);
    let text = "";
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      if (text.includes(":\n\n:\n\n")) wake();
    }
    expect(text).toContain("id: 1\n");
  });

  it("HEAD of a quiet one is answered, and ends the generator", async () => {
    const ended = Promise.withResolvers<void>();
    const base = await serveLibrary({
      heartbeatMs: 5,
      implementation: {
        async *read(_request: unknown, context: { signal: AbortSignal }) {
          await new Promise((resolve) => context.signal.addEventListener("abort", resolve));
          ended.resolve();
        },
      } as never,
    });
    const head = await fetch(`${base}/v1/books/x/pages`, { method: "HEAD" });
    expect(head.status).toBe(200);
    await ended.promise;
  });

  it("the generator does not begin when the client has left before", async () => {
    const leaving = new AbortController();
    const closed = Promise.withResolvers<void>();
    let calls = 0;
    const base = await serveLibrary({
      onRequest: ({ raw, url }) => {
        if (url.endsWith("/pages")) raw.socket.once("close", () => closed.resolve());
      },
      authorize: async ({ pathValues }) => {
        if (pathValues.get("name") === "left") {
          leaving.abort();
          await closed.promise;
        }
        return {};
      },
      implementation: {
        async *read() {
          calls++;
          yield { number: 1 };
        },
      },
    });
    const fetched = fetch(`${base}/v1/books/left/pages`, { signal: leaving.signal });
    await expect(fetched).rejects.toThrow();
    await closed.promise;
    await (await fetch(`${base}/v1/books/stays/pages`)).text();
    expect(calls).toBe(1);
  });

  /** A stream of one page that then waits for its abort. */
  async function serveOnePage(options: LibraryOptions = {}) {
    const ended = Promise.withResolvers<void>();
    const base = await serveLibrary({
      ...options,
      implementation: {
        async *read(_request: unknown, context: { signal: AbortSignal }) {
          try {
            yield { number: 1, text: "" };
            await new Promise((resolve) => context.signal.addEventListener("abort", resolve));
          } finally {
            ended.resolve();
          }
        },
      } as never,
    });
    return { base, ended: ended.promise };
  }

  it("the generator ends when the client leaves", async () => {
    const { base, ended } = await serveOnePage();
    const leaving = new AbortController();
    const response = await fetch(`${base}/v1/books/x/pages`, { signal: leaving.signal });
    await response.body?.getReader().read();
    leaving.abort();
    await ended;
  });

  it("the generator ends when the client leaves over HTTP/2", async () => {
    const { base, ended } = await serveOnePage({ http2: true });
    const session = http2.connect(base);
    onTestFinished(() => session.destroy());
    const stream = session.request({ ":path": "/v1/books/x/pages" });
    await once(stream, "data");
    stream.close(http2.constants.NGHTTP2_CANCEL);
    await ended;
  });
});
