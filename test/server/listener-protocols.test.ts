/** One port, every protocol: real clients of each against the same small app. */
import { once } from "node:events";
import {
  create,
  type DescMessage,
  type DescMethod,
  type DescMethodUnary,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import { type Client, createClient, type Transport } from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import * as grpc from "@grpc/grpc-js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { MusicGenerations } from "../../gen/music/v1/music_generations_pb.ts";
import { http2Client, http2Fetch, http2Preface, Raw, type Running, serve } from "./support.ts";

let running: Running;
beforeAll(async () => {
  running = await serve();
});
afterAll(() => running.stop());

const json = { "content-type": "application/json" };

describe("plain requests", () => {
  test("fetch, over HTTP/1.1", async () => {
    const body = JSON.stringify({ text: "ä".repeat(50_000) });
    const answer = await fetch(`${running.url}/echo`, { method: "POST", headers: json, body });
    expect([answer.status, (await answer.text()) === body]).toEqual([200, true]);
    expect((await fetch(`${running.url}/nothing`)).status).toBe(404);
  });

  test("node:http2, many at once in one session", async () => {
    const session = http2Client(running.url);
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, n) => http2Fetch(session, { ":path": `/number/${n}` })),
    );
    expect(answers.map(({ body }) => body)).toEqual(Array.from({ length: 50 }, (_, n) => `${n}`));
    const body = JSON.stringify({ text: "ä".repeat(50_000) });
    const head = { ":path": "/echo", ":method": "POST", ...json };
    const echoed = await http2Fetch(session, head, body);
    expect([echoed.status, echoed.body === body]).toEqual([200, true]);
    session.close();
    await once(session, "close");
  });

  test("a preface that comes byte by byte is HTTP/2, and a P alone is not yet anything", async () => {
    const raw = await Raw.connect(running.port);
    raw.socket.setNoDelay(true);
    for (const byte of "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0") {
      await new Promise((resolve) => raw.socket.write(byte, "latin1", resolve));
    }
    // The server's SETTINGS frame: type 4 on stream 0.
    await raw.until((text) => text.length >= 9 && text[3] === "\x04");
    raw.socket.destroy();
    const post = await Raw.connect(running.port);
    post.write("P");
    post.write("OST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n");
    post.write("Content-Length: 2\r\nConnection: close\r\n\r\n{}");
    await post.closed;
    expect(post.text).toMatch(/^HTTP\/1\.1 200 OK[\s\S]*\r\n\r\n\{\}$/);
  });

  test("Expect: 100-continue is answered on both protocols", async () => {
    const raw = await Raw.connect(running.port);
    raw.write("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n");
    raw.write("Content-Length: 7\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n");
    await raw.until((text) => text.startsWith("HTTP/1.1 100 Continue\r\n\r\n"));
    raw.write('{"a":1}');
    await raw.closed;
    expect(raw.text).toMatch(/\r\n\r\nHTTP\/1\.1 200 OK[\s\S]*\{"a":1\}$/);

    const session = http2Client(running.url);
    const stream = session.request({
      ":path": "/echo",
      ":method": "POST",
      ...json,
      expect: "100-continue",
    });
    await once(stream, "continue");
    stream.end('{"a":2}');
    let text = "";
    for await (const chunk of stream) text += chunk;
    expect(text).toBe('{"a":2}');
    session.close();
  });

  test("10,000 pipelined requests are all answered, in order", async () => {
    const count = 10_000;
    const raw = await Raw.connect(running.port);
    const request = (n: number) => `GET /number/${n} HTTP/1.1\r\nHost: x\r\n\r\n`;
    const last = `GET /number/last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`;
    raw.write(Array.from({ length: count }, (_, n) => request(n)).join("") + last);
    await raw.closed;
    const bodies = raw.text
      .split("HTTP/1.1 200 OK\r\n")
      .slice(1)
      .map((one) => one.split("\r\n\r\n")[1]);
    expect(bodies).toEqual([...Array.from({ length: count }, (_, n) => String(n)), "last"]);
  });
});

describe("what is odd", () => {
  test("an upgrade to h2c is not taken, and the request is answered as it is", async () => {
    const raw = await Raw.connect(running.port);
    raw.write("GET /number/7 HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\n");
    raw.write("Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n");
    await raw.until((text) => text.endsWith("\r\n\r\n7"));
    expect(raw.text).toMatch(/^HTTP\/1\.1 200 /);
    raw.socket.destroy();
  });

  test.each([
    ["CONNECT", "CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n"],
    ["a half-closed request", "GET /number/1 HTTP/1.1\r\nHo"],
  ])("%s ends the connection and nothing else", async (_, text) => {
    const raw = await Raw.connect(running.port);
    raw.socket.end(text);
    await raw.closed;
    expect((await fetch(`${running.url}/number/3`)).status).toBe(200);
  });

  test.each([
    ["noise", "\0\x01\x02 noise\r\n\r\n"],
    ["HTTP/1.1 without Host", "GET /number/1 HTTP/1.1\r\n\r\n"],
    ["a length that is none", "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1x\r\n\r\n"],
    [
      "length and chunks at once",
      "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ],
    [
      "a broken chunk",
      "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
  ])("%s is answered 400 in the envelope, and the connection ends", async (_, text) => {
    const raw = await Raw.connect(running.port);
    raw.write(text);
    await raw.closed;
    expect(raw.text).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n[\s\S]*\r\nConnection: close\r\n/);
    expect(raw.text).toMatch(/"code":"MALFORMED_REQUEST"\}\}$/);
  });

  test("noise after good requests is answered after them", async () => {
    const raw = await Raw.connect(running.port);
    raw.write(`${"GET /number/1 HTTP/1.1\r\nHost: x\r\n\r\n".repeat(3)}\0noise\r\n\r\n`);
    await raw.closed;
    const statuses = [...raw.text.matchAll(/HTTP\/1\.1 (\d+) /g)].map(([, status]) => status);
    expect(statuses).toEqual(["200", "200", "200", "400"]);
  });

  test("resets in the middle of anything leave no connection behind", async () => {
    const alone = await serve();
    const beginnings = [
      "P",
      "GET / HT",
      "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc",
      "GET /large/5000000 HTTP/1.1\r\nHost: x\r\n\r\n",
      http2Preface,
      `${http2Preface}\0\0\0\x04\0\0\0\0\0\xff\xff\xff`,
    ];
    for (const end of ["resetAndDestroy", "end", "destroy"] as const) {
      for (const text of beginnings) {
        const raw = await Raw.connect(alone.port);
        await new Promise((resolve) => raw.socket.write(text, "latin1", resolve));
        raw.socket[end]();
        await raw.closed;
      }
    }
    expect(await answersOnce(alone)).toBe(200);
    await expect.poll(() => alone.listener.connectionCount, { interval: 5 }).toBe(0);
    await alone.stop();
  });
});

describe("RPC", () => {
  const transports: Record<string, () => Transport> = {
    "Connect over HTTP/1.1": () =>
      createConnectTransport({ baseUrl: running.url, httpVersion: "1.1" }),
    "Connect over HTTP/2": () => createConnectTransport({ baseUrl: running.url, httpVersion: "2" }),
    "gRPC-Web over HTTP/1.1": () =>
      createGrpcWebTransport({ baseUrl: running.url, httpVersion: "1.1" }),
    "gRPC-Web over HTTP/2": () =>
      createGrpcWebTransport({ baseUrl: running.url, httpVersion: "2" }),
    "gRPC over HTTP/2": () => createGrpcTransport({ baseUrl: running.url }),
  };

  test.each(Object.keys(transports))("%s: one answer, and a stream", async (name) => {
    const client: Client<typeof MusicGenerations> = createClient(
      MusicGenerations,
      transports[name]!(),
    );
    const { engines } = await client.listEngines({ organizationId: "org_a" });
    expect(engines.map(({ engineKey }) => engineKey)).toEqual(["org_a"]);
    const versions: number[] = [];
    for await (const { version } of client.watchGeneration({
      jobId: "mgen_a",
      afterVersion: 200,
    })) {
      versions.push(version);
    }
    expect(versions).toEqual(Array.from({ length: 200 }, (_, n) => n + 1));
  });

  test("@grpc/grpc-js: one answer, a stream, and an error that is a status", async () => {
    const client = new grpc.Client(`127.0.0.1:${running.port}`, grpc.credentials.createInsecure());
    const { listEngines, watchGeneration, getTrack } = MusicGenerations.method;
    const { engines } = await unary(client, listEngines, { organizationId: "org_b" });
    expect(engines.map(({ engineKey }) => engineKey)).toEqual(["org_b"]);
    const request = create(watchGeneration.input, { jobId: "mgen_b", afterVersion: 20 });
    const watch = client.makeServerStreamRequest(
      pathOf(watchGeneration),
      (message: typeof request) => Buffer.from(toBinary(watchGeneration.input, message)),
      (bytes) => fromBinary(watchGeneration.output, bytes),
      request,
    );
    const versions: number[] = [];
    for await (const { version } of watch) versions.push(version);
    expect(versions).toEqual(Array.from({ length: 20 }, (_, n) => n + 1));
    const failure = await unary(client, getTrack, {}).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: grpc.status.UNIMPLEMENTED });
    client.close();
  });
});

const pathOf = (method: DescMethod) => `/${method.parent.typeName}/${method.name}`;

function unary<I extends DescMessage, O extends DescMessage>(
  client: grpc.Client,
  method: DescMethodUnary<I, O>,
  init: MessageInitShape<I>,
): Promise<MessageShape<O>> {
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(
      pathOf(method),
      (message: MessageShape<I>) => Buffer.from(toBinary(method.input, message)),
      (bytes) => fromBinary(method.output, bytes),
      create(method.input, init),
      (error, answer) => (error ? reject(error) : resolve(answer!)),
    );
  });
}

/** The status of one request on a connection of its own. */
async function answersOnce({ url }: Running): Promise<number> {
  return (await fetch(`${url}/number/3`, { headers: { connection: "close" } })).status;
}
