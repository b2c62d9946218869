/**
 * A body that is refused, or that nobody asked for, and is far larger than any window: whoever sends it has the
 * answer and is not held up. On HTTP/2 the stream ends, on HTTP/1.1 the next request has its answer or the
 * connection is closed.
 */
import { expect, it } from "vitest";
import { MusicGenerations } from "../../gen/music/v1/music_generations_pb.ts";
import { http2Call, Raw } from "../server/support.ts";
import { startWorld } from "./world.ts";

const world = await startWorld();
const { url } = world.endpoints;
const body = Buffer.alloc(3_000_000, 10);
// As a message of gRPC it says that it is longer than anyone takes.
body.set([0, 0, 0x2d, 0, 0]);

const jobs = "/v1/music/{organization}/generations";
const create = `/${MusicGenerations.typeName}/CreateGeneration`;
const watch = `/${MusicGenerations.typeName}/WatchGeneration`;
const [json, web] = ["application/json", "application/grpc-web+proto"];

/** With the status of HTTP. Over HTTP/1.1 Fastify reads what comes with OPTIONS, and that is 413. */
const cases: readonly (readonly [
  name: string,
  line: string,
  type: string,
  key: boolean,
  status: number,
])[] = [
  ["larger than is taken", `POST ${jobs}`, json, true, 413],
  ["larger than is taken, to delete", `DELETE ${jobs}/mgen_1`, json, true, 413],
  ["without a key", `POST ${jobs}`, json, false, 401],
  ["in another organization", "POST /v1/music/org_other/generations", json, true, 403],
  ["to no address", "POST /nowhere", json, true, 404],
  ["by a wrong method", `PUT ${jobs}`, json, true, 405],
  ["by a method without a body", `GET ${jobs}`, json, true, 200],
  ["to ask for the methods", `OPTIONS ${jobs}`, "", false, 204],
  ["to a page", "POST /docs", json, false, 413],
  ["by Connect, without a key", `POST ${create}`, json, false, 401],
  ["by Connect, larger than is taken", `POST ${create}`, json, true, 429],
  ["by Connect, of another type", `POST ${create}`, "text/plain", true, 415],
  ["by Connect, to no method", `POST ${create}s`, json, true, 404],
  ["by gRPC-Web, without a key", `POST ${create}`, web, false, 200],
  ["by gRPC-Web, larger than is taken", `POST ${watch}`, web, true, 200],
  ["by gRPC, larger than is taken", `POST ${create}`, "application/grpc", true, 200],
];

async function requestOf([, line, type, hasKey]: (typeof cases)[number]) {
  const { organization_id: organization, key } = await world.newcomer();
  const [method = "", path = ""] = line.replace("{organization}", organization).split(" ");
  const headers = { ...(type && { "content-type": type }), ...(hasKey && { "x-api-key": key }) };
  return { method, path, headers };
}

it.each(cases.map((each) => [each[0], each] as const))("HTTP/2: %s", async (_name, each) => {
  const { method, path, headers } = await requestOf(each);
  const said = await http2Call(url, { ":method": method, ":path": path, ...headers }, body);
  expect(said[":status"]).toBe(each[4]);
  // RESOURCE_EXHAUSTED; gRPC says it in a trailer, after 200.
  if (each[2] === "application/grpc") expect(said["grpc-status"]).toBe("8");
});

it.each(cases.map((each) => [each[0], each] as const))("HTTP/1.1: %s", async (_name, each) => {
  const { method, path, headers } = await requestOf(each);
  const raw = await Raw.connect(Number(new URL(url).port), { allowHalfOpen: true });
  const lines = Object.entries({ host: "x", ...headers, "content-length": body.length });
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  raw.socket.write(`${method} ${path} HTTP/1.1\r\n${head}\r\n`);
  raw.socket.write(body);
  raw.socket.end("GET /livez HTTP/1.1\r\nhost: x\r\n\r\n");
  await raw.closed;
  const statuses = raw.text.matchAll(/HTTP\/1\.1 (\d{3}) /g).map(([, status]) => Number(status));
  const [first, next] = statuses;
  const expected = method === "OPTIONS" ? 413 : each[4];
  expect(first).toBe(expected);
  if (expected === 413) expect(raw.text).toMatch(/^connection: close\r$/im);
  else expect(next).toBe(200);
});
