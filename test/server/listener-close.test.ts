/** Closing: what runs may end within the bound, the rest is destroyed at it, and nothing is left. */
import { once } from "node:events";
import { afterEach, beforeEach, expect, test } from "vitest";
import { http2Client, Raw, type Running, serve } from "./support.ts";

let running: Running;
beforeEach(async () => {
  running = await serve();
});
afterEach(async () => {
  expect(running.listener.connectionCount).toBe(0);
  await running.stop();
});

const waiting = (count: number) =>
  expect.poll(() => running.waiting.length, { interval: 5 }).toBe(count);
const soon = 100;
/** Longer than the test may take: when it passes, nothing waited for it. */
const long = 600_000;

test("answers under way are finished, on both protocols, and then nothing is waited for", async () => {
  const raw = await Raw.connect(running.port);
  raw.write("GET /wait HTTP/1.1\r\nHost: x\r\n\r\n");
  const session = http2Client(running.url);
  const stream = session.request({ ":path": "/wait" });
  stream.setEncoding("utf8");
  await waiting(2);
  const closed = running.listener.close(long);
  const [code] = await once(session, "goaway");
  expect(code).toBe(0);
  expect(running.listener.closing.aborted).toBe(true);
  for (const answer of running.waiting) answer();
  expect(await stream.toArray()).toEqual(["waited"]);
  await raw.closed;
  expect(raw.text).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*connection: close\r\n[\s\S]*waited$/i);
  await closed;
});

test("idle connections, half headers and silent ones end at once", async () => {
  const texts = ["", "P", "GET / HT", "GET /number/1 HTTP/1.1\r\nHost: x\r\n\r\n"];
  const raws = await Promise.all(
    texts.map(async (text) => {
      const raw = await Raw.connect(running.port);
      raw.write(text);
      return raw;
    }),
  );
  await raws[3]!.until((text) => text.endsWith("\r\n\r\n1"));
  const session = http2Client(running.url);
  await once(session, "remoteSettings");
  await running.listener.close(long);
  await Promise.all([
    ...raws.map(({ closed }) => closed),
    session.closed || once(session, "close"),
  ]);
});

test("what hangs is destroyed at the bound, on both protocols", async () => {
  const raw = await Raw.connect(running.port);
  raw.write("GET /wait HTTP/1.1\r\nHost: x\r\n\r\n");
  const session = http2Client(running.url);
  const stream = session.request({ ":path": "/wait" });
  stream.on("error", () => undefined);
  await waiting(2);
  await running.listener.close(soon);
  await Promise.all([raw.closed, once(session, "close")]);
  expect(raw.text).toBe("");
});

test("pipelined requests that were read are answered before the end", async () => {
  const raw = await Raw.connect(running.port);
  raw.write("GET /wait HTTP/1.1\r\nHost: x\r\n\r\n".repeat(5));
  await waiting(5);
  const closed = running.listener.close(long);
  for (const answer of running.waiting) answer();
  await Promise.all([closed, raw.closed]);
  expect(raw.text.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(5);
  expect(raw.text.match(/connection: close/gi)).toHaveLength(1);
});

test("a peer that reads nothing does not hold it beyond the bound", async () => {
  const raw = await Raw.connect(running.port);
  raw.socket.pause();
  raw.write("GET /large/50000000 HTTP/1.1\r\nHost: x\r\n\r\n");
  await once(running.app.server, "large");
  await running.listener.close(soon);
  raw.socket.destroy();
});

test("closing takes no more connections, is idempotent, and the app closes after it", async () => {
  const { listener, port, app } = running;
  const first = listener.close(soon);
  expect(listener.close(long)).toBe(first);
  await first;
  const late = await Raw.connect(port).catch((error: NodeJS.ErrnoException) => error.code);
  expect(late).toBe("ECONNREFUSED");
  await app.close();
});

test("a port that is taken is an error, not a crash", async () => {
  const other = await serve();
  const { listener } = running;
  await expect(listener.listen({ host: "127.0.0.1", port: other.port })).rejects.toThrow();
  await other.stop();
});

test("a handler that throws costs its own answer alone", async () => {
  const raw = await Raw.connect(running.port);
  raw.write("GET /throw-in-routing HTTP/1.1\r\nHost: x\r\n\r\n");
  await raw.closed;
  expect(
    (await fetch(`${running.url}/number/1`, { headers: { connection: "close" } })).status,
  ).toBe(200);
  await expect.poll(() => running.listener.connectionCount, { interval: 5 }).toBe(0);
});
