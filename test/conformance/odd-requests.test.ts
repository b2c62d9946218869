/** Requests at the edge of what HTTP and gRPC allow, as the whole service answers them; fuzzing found these. */
import { create, toBinary } from "@bufbuild/protobuf";
import { encodeEnvelope } from "@connectrpc/connect/protocol";
import { expect, it } from "vitest";
import {
  ListEnginesRequestSchema,
  MusicGenerations,
} from "../../gen/music/v1/music_generations_pb.ts";
import { http2Call, Raw } from "../server/support.ts";
import { startWorld } from "./world.ts";

const world = await startWorld();
const { url, grpcAddress } = world.endpoints;
const { port } = new URL(url);

async function http1(text: string): Promise<string> {
  const raw = await Raw.connect(Number(port), { allowHalfOpen: true });
  raw.socket.end(text);
  await raw.closed;
  return raw.text;
}

const listEngines = `/${MusicGenerations.typeName}/ListEngines`;
const allow = "DELETE, GET, HEAD, OPTIONS, POST";

it("a method that HTTP does not know is 405 on either version of it", async () => {
  const answer = await http1("BREW /v1/music/org_x/engines HTTP/1.1\r\nHost: x\r\n\r\n");
  expect(answer).toMatch(/^HTTP\/1\.1 405 /);
  expect(answer).toContain(`allow: ${allow}\r\n`);
  expect(answer).toContain('"code":"METHOD_NOT_ALLOWED"');
  const said = await http2Call(url, { ":method": "BREW", ":path": "/v1/music/org_x/engines" });
  expect(said).toMatchObject({ ":status": 405, allow });
});

it.each(["\x16\x03\x01\x02", "GET\r\n\r\n", "BREW\r\n\r\n", "(a) / HTTP/1.1\r\n\r\n"])(
  "what is no request line (%j) is 400, not kept by any cache",
  async (text) => {
    const answer = await http1(text);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain("cache-control: no-store\r\n");
  },
);

it("a call to a host that is none is 400", async () => {
  const head = `POST ${listEngines} HTTP/1.1\r\nContent-Type: application/json\r\n`;
  const answer = await http1(`${head}Host: a:b\r\nContent-Length: 2\r\n\r\n{}`);
  expect(answer).toMatch(/^HTTP\/1\.1 400 /);
});

it("a path that cannot be decoded is 400, not kept by any cache", async () => {
  const response = await fetch(`${url}/v1/music/%E0%A4%A/engines`);
  expect([response.status, response.headers.get("cache-control")]).toEqual([400, "no-store"]);
});

it.each([
  ["the one port", url, "99999999H"],
  ["the port of gRPC", `http://${grpcAddress}`, "99999999H"],
  // It would be one second, if it went round once in 32 bits.
  ["the port of gRPC, once round", `http://${grpcAddress}`, "4294968S"],
])("a deadline longer than a timer of Node's is kept: %s", async (_name, at, timeout) => {
  const { organization_id: organizationId, key } = await world.newcomer();
  const message = toBinary(
    ListEnginesRequestSchema,
    create(ListEnginesRequestSchema, { organizationId }),
  );
  const headers = {
    ":method": "POST",
    ":path": listEngines,
    "content-type": "application/grpc",
    te: "trailers",
    "grpc-timeout": timeout,
    "x-api-key": key,
  };
  const said = await http2Call(at, headers, Buffer.from(encodeEnvelope(0, message)));
  expect(said).toMatchObject({ ":status": 200, "grpc-status": "0" });
});

it("nor does Connect's end at once", async () => {
  const { organization_id: organizationId, key } = await world.newcomer();
  const response = await fetch(url + listEngines, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "x-api-key": key,
      "connect-timeout-ms": "9999999999",
    },
    body: JSON.stringify({ organizationId }),
  });
  expect(response.status).toBe(200);
});

it("the health service says of a message that it cannot read whose fault it is", async () => {
  const headers = {
    ":method": "POST",
    ":path": "/grpc.health.v1.Health/Check",
    "content-type": "application/grpc",
    te: "trailers",
  };
  const broken = Buffer.from(encodeEnvelope(0, Buffer.from([0xff, 0xff])));
  const said = await http2Call(`http://${grpcAddress}`, headers, broken);
  expect(said["grpc-status"]).toBe(String(3));
});
