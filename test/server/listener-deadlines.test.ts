/** Deadlines and limits on HTTP/1.1 and HTTP/2, by real sockets that wait for the server to end them. */
import { once } from "node:events";
import { constants } from "node:http2";
import { afterEach, describe, expect, test } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import type { ListenerLimits } from "../../src/server/listener/index.ts";
import {
  frame,
  http2Client,
  http2Fetch,
  http2Preface,
  Raw,
  type Running,
  serve,
} from "./support.ts";

/** Far beyond any test, so that what ends a connection is the one limit under test. */
const never = {
  firstBytesMs: 600_000,
  headersMs: 600_000,
  bodyMs: 600_000,
  idleMs: 600_000,
  pingMs: 600_000,
};

let running: Running;
const start = async (limits: Partial<ListenerLimits>) => {
  running = await serve({ ...never, ...limits });
  return running;
};
afterEach(async () => {
  await expect.poll(() => running.listener.connectionCount, { interval: 5 }).toBe(0);
  await running.stop();
});

/** For `fetch`: on a connection of its own. */
const close = { headers: { connection: "close" } };
const json = "Content-Type: application/json\r\n";
const emptySettings = frame(4, 0, 0, Buffer.alloc(0));
/** HPACK (RFC 7541): GET, http and the names from the static table; `:authority x`, `:path` as given. */
const getHead = (path: string) =>
  Buffer.concat([Buffer.from([0x82, 0x86, 0x01, 1, 0x78, 0x04, path.length]), Buffer.from(path)]);
const headersFrame = 1;

describe("the first bytes", () => {
  test.each([
    ["nothing", ""],
    ["a preface that stops", http2Preface.slice(0, 20)],
  ])("%s is closed without a word", async (_, text) => {
    const { port } = await start({ firstBytesMs: 60 });
    const raw = await Raw.connect(port);
    raw.write(text);
    await raw.closed;
    expect(raw.text).toBe("");
  });
});

describe("HTTP/1.1", () => {
  test("headers that trickle are answered 408 in the envelope", async () => {
    const { port } = await start({ headersMs: 60 });
    const raw = await Raw.connect(port);
    raw.write("GET /number/1 HTTP/1.1\r\nHost: x\r\nX: ");
    await raw.trickle("y");
    expect(raw.text).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n[\s\S]*"REQUEST_TIMEOUT"/);
  });

  test("so are the headers of a later request of the connection", async () => {
    const { port } = await start({ headersMs: 60 });
    const raw = await Raw.connect(port);
    raw.write("GET /number/1 HTTP/1.1\r\nHost: x\r\n\r\n");
    await raw.until((text) => text.endsWith("\r\n\r\n1"));
    raw.write("GET /number/2 HT");
    await raw.closed;
    expect(raw.text).toMatch(/\r\n\r\n1HTTP\/1\.1 408 /);
  });

  test.each([
    ["a body that stalls", `Content-Length: 100\r\n\r\n{"a":`],
    ["a body that never begins", "Content-Length: 100\r\n\r\n"],
    ["chunks that stall", 'Transfer-Encoding: chunked\r\n\r\n5\r\n{"a":\r\n'],
  ])("%s is answered 408", async (_, rest) => {
    const { port } = await start({ bodyMs: 60 });
    const raw = await Raw.connect(port);
    raw.write(`POST /echo HTTP/1.1\r\nHost: x\r\n${json}${rest}`);
    await raw.closed;
    expect(raw.text).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n[\s\S]*"REQUEST_TIMEOUT"/);
  });

  test("a body that trickles is ended as well", async () => {
    const { port } = await start({ bodyMs: 60 });
    const raw = await Raw.connect(port);
    raw.write(`POST /echo HTTP/1.1\r\nHost: x\r\n${json}Content-Length: 100000\r\n\r\n`);
    await raw.trickle(" ");
    expect(raw.text).toMatch(/^HTTP\/1\.1 408 /);
  });

  test("a body that stalls after its answer ends the connection", async () => {
    const { port } = await start({ bodyMs: 60 });
    const raw = await Raw.connect(port);
    raw.write(`GET /number/1 HTTP/1.1\r\nHost: x\r\n${json}Content-Length: 100\r\n\r\n`);
    await raw.until((text) => text.startsWith("HTTP/1.1 200 "));
    await raw.closed;
    expect(raw.text).not.toContain("408");
  });

  test("an idle connection is closed without a word, and was told when", async () => {
    const { port } = await start({ idleMs: 1_000, headersMs: 300 });
    const raw = await Raw.connect(port);
    raw.write("GET /number/1 HTTP/1.1\r\nHost: x\r\n\r\n");
    await raw.closed;
    expect(raw.text).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*Keep-Alive: timeout=1\r\n\r\n1$/);
  });

  test.each([
    ["one header", `X: ${"y".repeat(3000)}`],
    ["many headers", "X: y\r\n".repeat(1500)],
  ])("headers that are too large (%s) are answered 431", async (_, headers) => {
    const { port } = await start({ maxHeaderBytes: 2048 });
    const raw = await Raw.connect(port);
    raw.write(`GET /number/1 HTTP/1.1\r\nHost: x\r\n${headers}\r\n\r\n`);
    await raw.closed;
    expect(raw.text).toMatch(
      /^HTTP\/1\.1 431 Request Header Fields Too Large\r\n[\s\S]*"HEADERS_TOO_LARGE"/,
    );
  });

  test("a megabyte of headers is answered 431 too, although most of it is never parsed", async () => {
    const { port } = await start({});
    const raw = await Raw.connect(port);
    raw.write(`GET /number/1 HTTP/1.1\r\nHost: x\r\nX: ${"y".repeat(1_000_000)}\r\n\r\n`);
    await raw.closed;
    expect(raw.text).toMatch(/^HTTP\/1\.1 431 /);
  });

  test("pipelined requests run so many at once, and the others wait", async () => {
    const { port } = await start({ maxConcurrentRequests: 3 });
    const raw = await Raw.connect(port);
    raw.write("GET /wait HTTP/1.1\r\nHost: x\r\n\r\n".repeat(8));
    await expect.poll(() => running.waiting.length, { interval: 5 }).toBe(3);
    for (let answered = 1; answered <= 8; answered += 1) {
      running.waiting.shift()!();
      await raw.until((text) => text.split("HTTP/1.1 200 OK").length === answered + 1);
      await expect
        .poll(() => running.waiting.length, { interval: 5 })
        .toBe(Math.min(3, 8 - answered));
    }
    raw.socket.destroy();
  });
});

describe("a flood of pipelined requests", () => {
  test("is not read while enough of them run, and is answered in the end", async () => {
    const { port, url } = await start({ maxConcurrentRequests: 2 });
    const raw = await Raw.connect(port);
    const count = 4_000;
    const request = `GET /gate HTTP/1.1\r\nHost: x\r\nX: ${"y".repeat(8_000)}\r\n\r\n`;
    raw.write(request.repeat(count));
    for (let others = 0; others < 100; others += 1)
      await (await fetch(`${url}/number/1`, close)).text();
    expect(raw.socket.writableLength).toBeGreaterThan(0);
    running.openGate();
    raw.write("GET /gate HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    await raw.closed;
    expect(raw.text.match(/through/g)).toHaveLength(count + 1);
  });
});

describe("HTTP/2", () => {
  test("a client that sends no SETTINGS is told GOAWAY with SETTINGS_TIMEOUT", async () => {
    const { port } = await start({ headersMs: 60 });
    const raw = await Raw.connect(port);
    raw.write(http2Preface);
    await raw.closed;
    expect(goawayOf(raw)).toBe(constants.NGHTTP2_SETTINGS_TIMEOUT);
  });

  test.each([
    ["a header block without its end", frame(headersFrame, 0x1, 1, getHead("/"))],
    ["a frame that stops", frame(headersFrame, 0x5, 1, getHead("/")).subarray(0, 10)],
  ])("%s ends the session", async (_, bytes) => {
    const { port } = await start({ headersMs: 100 });
    const raw = await Raw.connect(port);
    raw.write(Buffer.concat([Buffer.from(http2Preface), emptySettings, bytes]));
    await raw.closed;
    expect(goawayOf(raw)).toBe(constants.NGHTTP2_ENHANCE_YOUR_CALM);
  });

  test("CONTINUATION frames that trickle end it, too", async () => {
    const { port } = await start({ headersMs: 100 });
    const raw = await Raw.connect(port);
    raw.write(http2Preface);
    raw.write(Buffer.concat([emptySettings, frame(headersFrame, 0x1, 1, getHead("/"))]));
    await raw.trickle(frame(9, 0, 1, Buffer.alloc(0)).toString("latin1"));
    expect(running.listener.connectionCount).toBe(0);
  });

  test("a live session without a stream passes the same test, and many of them", async () => {
    await start({ headersMs: 60, pingMs: 30, idleMs: 700 });
    const session = http2Client(running.url);
    let ended = false;
    session.once("close", () => {
      ended = true;
    });
    for (let pings = 0; pings < 5; pings += 1) await once(session, "ping");
    expect(ended).toBe(false);
    expect((await http2Fetch(session, { ":path": "/number/4" })).body).toBe("4");
    session.close();
  });

  test("a session that proved itself is not asked again without a reason", async () => {
    const { url } = await start({ headersMs: 40, idleMs: 600 });
    const session = http2Client(url);
    let pings = 0;
    session.on("ping", () => {
      pings += 1;
    });
    await http2Fetch(session, { ":path": "/number/1" });
    await once(session, "close");
    expect(pings).toBeGreaterThan(0);
    expect(pings).toBeLessThan(5);
  });

  test("beside an open stream any byte is a sign of life", async () => {
    const { port } = await start({ pingMs: 100 });
    const raw = await Raw.connect(port);
    raw.write(http2Preface);
    raw.write(Buffer.concat([emptySettings, frame(headersFrame, 0x5, 1, getHead("/ticks/60"))]));
    // WINDOW_UPDATE of the connection by one byte, and never an answer to a PING.
    const update = frame(8, 0, 0, Buffer.from([0, 0, 0, 1]));
    const timer = setInterval(() => raw.write(update), 10);
    await raw.until((text) => text.split("tick").length === 61);
    clearInterval(timer);
    raw.socket.destroy();
  });

  test("a peer that does not answer a PING is dead, also beside an open stream", async () => {
    const { port } = await start({ pingMs: 60 });
    const raw = await Raw.connect(port);
    raw.write(http2Preface);
    raw.write(Buffer.concat([emptySettings, frame(headersFrame, 0x5, 1, getHead("/wait"))]));
    await expect.poll(() => running.waiting.length, { interval: 5 }).toBe(1);
    await raw.closed;
    expect(goawayOf(raw)).toBe(constants.NGHTTP2_ENHANCE_YOUR_CALM);
  });

  test("an idle session is told GOAWAY without an error, whatever pings it sends", async () => {
    const { url } = await start({ idleMs: 150 });
    const session = http2Client(url);
    expect((await http2Fetch(session, { ":path": "/number/1" })).body).toBe("1");
    const pings = setInterval(() => session.closed || session.ping(() => undefined), 20);
    const [code] = await once(session, "goaway");
    clearInterval(pings);
    expect(code).toBe(constants.NGHTTP2_NO_ERROR);
    await once(session, "close");
  });

  test("a body that stalls is answered 408 and its stream ends; the session goes on", async () => {
    const { url } = await start({ bodyMs: 60 });
    const session = http2Client(url);
    const head = { ":path": "/echo", ":method": "POST", "content-type": "application/json" };
    const stream = session.request(head);
    stream.on("error", () => undefined);
    stream.write('{"a":');
    const [answer] = await once(stream, "response");
    let text = "";
    stream.on("data", (chunk) => {
      text += chunk;
    });
    await once(stream, "close");
    expect([answer[":status"], text]).toEqual([408, expect.stringContaining("REQUEST_TIMEOUT")]);
    expect(await http2Fetch(session, head, '{"a":1}')).toEqual({ status: 200, body: '{"a":1}' });
    session.close();
  });

  test("headers that are too large are answered 431, or cost the stream, never the session", async () => {
    const { url } = await start({ maxHeaderBytes: 2048 });
    const session = http2Client(url);
    const large = { ":path": "/number/1", x: "y".repeat(3000) };
    // Not acknowledged yet: the first request goes out before the server's SETTINGS come in.
    const answer = await http2Fetch(session, large);
    expect([answer.status, answer.body]).toEqual([
      431,
      expect.stringContaining("HEADERS_TOO_LARGE"),
    ]);
    // Acknowledged: Node resets the stream.
    await expect(http2Fetch(session, large)).rejects.toThrow("NGHTTP2_ENHANCE_YOUR_CALM");
    expect((await http2Fetch(session, { ":path": "/number/1" })).body).toBe("1");
    session.close();
  });

  test("more streams than the limit are not begun", async () => {
    const { url } = await start({ maxConcurrentRequests: 3 });
    const session = http2Client(url);
    const [settings] = await once(session, "remoteSettings");
    expect(settings.maxConcurrentStreams).toBe(3);
    const streams = Array.from({ length: 8 }, () => session.request({ ":path": "/wait" }));
    for (let answered = 1; answered <= 8; answered += 1) {
      await expect
        .poll(() => running.waiting.length, { interval: 5 })
        .toBe(Math.min(3, 9 - answered));
      running.waiting.shift()!();
    }
    await Promise.all(streams.map((stream) => once(stream.resume(), "close")));
    session.close();
  });
});

describe("endless answers", () => {
  const short = { headersMs: 50, bodyMs: 50, idleMs: 50, pingMs: 50, firstBytesMs: 50 };

  test("are not cut by any deadline, on HTTP/1.1", async () => {
    const { port } = await start(short);
    const raw = await Raw.connect(port);
    raw.write("GET /ticks/40 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    await raw.closed;
    expect(raw.text.match(/tick/g)).toHaveLength(40);
    expect(raw.text).toMatch(/\r\n0\r\n\r\n$/);
  });

  test("are not cut by any deadline, on HTTP/2", async () => {
    const { url } = await start(short);
    const session = http2Client(url);
    const { body } = await http2Fetch(session, { ":path": "/ticks/40" });
    expect(body.match(/tick/g)).toHaveLength(40);
    session.close();
  });
});

describe("connections", () => {
  test("of one address are limited; another address still gets in", async () => {
    const { port, listener } = await start({ maxConnectionsPerAddress: 3 });
    const held = await Promise.all([1, 2, 3].map(() => Raw.connect(port)));
    await expect.poll(() => listener.connectionCount, { interval: 5 }).toBe(3);
    const refused = await Raw.connect(port);
    await refused.closed;
    const other = await Raw.connect(port, { localAddress: "127.0.0.2" });
    other.write("GET /number/1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    await other.closed;
    expect(other.text).toMatch(/^HTTP\/1\.1 200 /);
    held[0]!.socket.destroy();
    await expect.poll(() => listener.connectionCount, { interval: 5 }).toBe(2);
    expect((await fetch(`${running.url}/number/1`, close)).status).toBe(200);
    for (const raw of held) raw.socket.destroy();
  });

  test("are limited in all", async () => {
    const { port, listener } = await start({ maxConnections: 2 });
    const held = await Promise.all([1, 2].map(() => Raw.connect(port)));
    await expect.poll(() => listener.connectionCount, { interval: 5 }).toBe(2);
    const refused = await Raw.connect(port, { localAddress: "127.0.0.2" });
    await refused.closed;
    for (const raw of held) raw.socket.destroy();
  });
});

test("time in which this process was held up is not held against anyone", async () => {
  let heldUpMs = 0;
  const monotonicMs = () => systemClock.monotonicMs() + heldUpMs;
  const steps: number[] = [];
  const sleep = async (ms: number, signal?: AbortSignal) => {
    await systemClock.sleep(ms, signal);
    steps.push(ms);
  };
  running = await serve({ ...never, headersMs: 2_000 }, { ...systemClock, monotonicMs, sleep });
  const raw = await Raw.connect(running.port);
  raw.write("GET /number/1 HTTP/1.1\r\nHost");
  await expect.poll(() => steps.length, { interval: 5 }).toBeGreaterThan(1);
  heldUpMs = 3_600_000;
  steps.length = 0;
  await expect.poll(() => steps.length, { interval: 5 }).toBeGreaterThan(0);
  raw.write(": x\r\nConnection: close\r\n\r\n");
  await raw.closed;
  expect(raw.text).toMatch(/^HTTP\/1\.1 200 /);
});

/** The code of the GOAWAY frame (type 7) that ends what the server sent. */
function goawayOf(raw: Raw): number | null {
  const bytes = Buffer.from(raw.text, "latin1");
  for (let at = 0; at + 9 <= bytes.length; at += 9 + bytes.readUIntBE(at, 3)) {
    if (bytes[at + 3] === 7) return bytes.readUInt32BE(at + 9 + 4);
  }
  return null;
}
