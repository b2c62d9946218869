/** One port, every protocol: real clients of each against the same small app. */
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { type Client, createClient, type Transport } from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import * as grpc from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { MusicGenerations } from "../../gen/music/v1/music_generations_pb.ts";
import { http2Client, http2Fetch, Raw, type Running, serve } from "./support.ts";

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
    expect([answer.status, await answer.text()]).toEqual([200, body]);
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
    expect(await http2Fetch(session, head, body)).toEqual({ status: 200, body });
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
    const beginnings = [
      "P",
      "GET / HT",
      "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc",
      "GET /large/5000000 HTTP/1.1\r\nHost: x\r\n\r\n",
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0\xff\xff\xff",
    ];
    for (const text of beginnings) {
      const raw = await Raw.connect(running.port);
      await new Promise((resolve) => raw.socket.write(text, "latin1", resolve));
      raw.socket.resetAndDestroy();
      await raw.closed;
    }
    expect(
      (await fetch(`${running.url}/number/3`, { headers: { connection: "close" } })).status,
    ).toBe(200);
    await expect.poll(() => running.listener.connectionCount, { interval: 5 }).toBe(0);
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
    const protos = fileURLToPath(new URL("../../proto", import.meta.url));
    const loaded = loadSync("music/v1/music_generations.proto", {
      includeDirs: [protos],
      keepCase: false,
    });
    const { music } = grpc.loadPackageDefinition(loaded) as unknown as {
      music: { v1: { MusicGenerations: grpc.ServiceClientConstructor } };
    };
    const client = new music.v1.MusicGenerations(
      `127.0.0.1:${running.port}`,
      grpc.credentials.createInsecure(),
    );
    // A generated client has its methods by name only.
    const call = client as unknown as Record<string, (...args: unknown[]) => unknown>;
    const engines = await new Promise((resolve, reject) => {
      call["listEngines"]!({ organizationId: "org_b" }, (error: unknown, answer: unknown) =>
        error ? reject(error) : resolve(answer),
      );
    });
    expect(engines).toMatchObject({ engines: [{ engineKey: "org_b" }] });
    const watch = call["watchGeneration"]!({ jobId: "mgen_b", afterVersion: 20 });
    const versions: number[] = [];
    for await (const { version } of watch as AsyncIterable<{ version: number }>)
      versions.push(version);
    expect(versions).toHaveLength(20);
    const failure = await new Promise((resolve) => call["getTrack"]!({}, resolve));
    expect(failure).toMatchObject({ code: grpc.status.UNIMPLEMENTED });
    client.close();
  });
});
