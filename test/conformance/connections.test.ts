/** What connections of the real service go through: pipelines, half-closed ends, slow beginnings. */
import { expect, it } from "vitest";
import { Raw } from "../server/support.ts";
import { startWorld } from "./world.ts";

const world = await startWorld();
const { port } = new URL(world.endpoints.url);
const connect = (options = {}) => Raw.connect(Number(port), options);
const bodyOf = (text: string) => text.slice(text.indexOf("\r\n\r\n") + 4);

it("10,000 pipelined requests of one HTTP/1.1 connection are answered in their order", async () => {
  const count = 10_000;
  const ids = Array.from({ length: count }, (_, index) => `id-${index}`);
  const raw = await connect();
  for (const id of ids) {
    const last = id === ids.at(-1) ? "Connection: close\r\n" : "";
    raw.write(
      `GET /v1/music/org_x/engines HTTP/1.1\r\nHost: x\r\nX-Request-Id: ${id}\r\n${last}\r\n`,
    );
  }
  await raw.closed;
  const answered = [...raw.text.matchAll(/^x-request-id: (.*)\r$/gim)].map(([, id]) => id);
  expect(answered).toEqual(ids);
  expect(raw.text.match(/HTTP\/1\.1 401 /g)).toHaveLength(count);
});

it("a request whose sender has closed its side is answered", async () => {
  const { organization_id, key } = await world.newcomer();
  const raw = await connect({ allowHalfOpen: true });
  raw.socket.end(
    `GET /v1/music/${organization_id}/engines HTTP/1.1\r\nHost: x\r\nX-API-Key: ${key}\r\n\r\n`,
  );
  await raw.closed;
  expect(raw.text).toMatch(/^HTTP\/1\.1 200 /);
  expect(JSON.parse(bodyOf(raw.text))).toMatchObject({ engines: [{ engine_key: "studio" }] });
});

it("a stream whose reader closes its side ends: nothing would tell whether it still reads", async () => {
  const { organization_id, key } = await world.newcomer();
  const jobs = `/v1/music/${organization_id}/generations`;
  const made = await fetch(world.endpoints.url + jobs, {
    method: "POST",
    headers: { "x-api-key": key, "content-type": "application/json" },
    body: JSON.stringify({ engine: "studio", prompt: "rain", duration_seconds: 5 }),
  });
  const { id } = (await made.json()) as { id: string };
  const raw = await connect({ allowHalfOpen: true });
  raw.write(`GET ${jobs}/${id}/events HTTP/1.1\r\nHost: x\r\nX-API-Key: ${key}\r\n\r\n`);
  await raw.until((text) => text.includes("event: generation"));
  raw.socket.end();
  await raw.closed;
});

it("a request that comes byte by byte is answered like any other", async () => {
  const { organization_id, key } = await world.newcomer();
  const body = JSON.stringify({ engine: "studio", prompt: "rain", duration_seconds: 5 });
  const head = [
    `POST /v1/music/${organization_id}/generations HTTP/1.1`,
    "Host: x",
    `X-API-Key: ${key}`,
    "Content-Type: application/json",
    `Content-Length: ${body.length}`,
    "Connection: close",
  ];
  const raw = await connect({ noDelay: true });
  for (const byte of `${head.join("\r\n")}\r\n\r\n${body}`) {
    raw.write(byte);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await raw.closed;
  expect(raw.text).toMatch(/^HTTP\/1\.1 202 /);
});
