/** Those who poll instead of watching: waiting, asking again cheaply, and knowing when. */
import { beforeAll, expect, it } from "vitest";
import { startTestService } from "../support/service.ts";

const service = await startTestService();
const base = `${service.url}/v1/music/org_poll`;
let key = "";

beforeAll(async () => {
  key = await service.key("org_poll", "user_1");
});

type Body = Record<string, unknown>;

function call(method: string, url: string, headers: Record<string, string> = {}, body?: unknown) {
  const json = { "content-type": "application/json" };
  return fetch(url.startsWith("http") ? url : base + url, {
    method,
    headers: { "x-api-key": key, ...(body !== undefined && json), ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
}

async function bodyOf(response: Response): Promise<Body> {
  return (await response.json()) as Body;
}

const piece = { engine: "studio", prompt: "calm piano", duration_seconds: 2 };

/** A job that has succeeded, waited for as a client without streams would. */
async function succeeded(): Promise<Body> {
  let response = await call("POST", "/generations", { prefer: "wait=30" }, piece);
  expect(response.status).toBe(202);
  for (;;) {
    expect(response.headers.get("preference-applied")).toBe("wait=30");
    const job = await bodyOf(response);
    if (job["status"] === "succeeded") return job;
    expect(job["status"]).toMatch(/^(queued|running)$/);
    response = await call("GET", `/generations/${job["id"]}`, { prefer: "wait=30" });
  }
}

it("create and get wait for the end when Prefer says so; then job and track are 304", async () => {
  const job = await succeeded();
  for (const path of [`/generations/${job["id"]}`, `/tracks/${job["result_track_id"]}`]) {
    const statuses: number[] = [];
    // The signed URLs in it change every five minutes, and that may be now; not twice in a row.
    for (let i = 0; i < 2; i++) {
      const etag = (await call("GET", path)).headers.get("etag") ?? "";
      const again = await call("GET", path, { "if-none-match": etag });
      statuses.push(again.status);
      expect(again.headers.get("vary")).toContain("Accept-Encoding");
    }
    expect(statuses).toContain(304);
    expect(statuses.every((status) => [200, 304].includes(status))).toBe(true);
  }
});

it("a wait that is out of bounds is ignored, and a parameter that is, refused", async () => {
  const job = await bodyOf(
    await call("POST", "/generations", {}, { ...piece, duration_seconds: 600 }),
  );
  const path = `/generations/${job["id"]}`;
  const ignored = await call("GET", path, { prefer: "wait=31" });
  expect([ignored.status, ignored.headers.get("preference-applied")]).toEqual([200, null]);
  expect((await call("GET", `${path}?wait_seconds=31`)).status).toBe(422);
  expect((await call("GET", `${path}?wait_seconds=0`)).status).toBe(200);
  await call("POST", `${path}/cancel`);
});

it("an active job says when to ask again; one that has ended does not", async () => {
  const created = await call("POST", "/generations", {}, { ...piece, duration_seconds: 600 });
  const path = created.headers.get("location") ?? "";
  expect(created.headers.get("retry-after")).toMatch(/^[1-9]\d?$/);
  const active = await call("GET", service.url + path);
  expect(active.headers.get("retry-after")).toMatch(/^[1-9]\d?$/);
  const ended = await call("POST", `${service.url}${path}/cancel`, { prefer: "wait=30" });
  expect([(await bodyOf(ended))["status"], ended.headers.get("retry-after")]).toEqual([
    "cancelled",
    null,
  ]);
});

it("X-Request-Timeout ends a watch with the envelope of a 504", async () => {
  const created = await call("POST", "/generations", {}, { ...piece, duration_seconds: 600 });
  const job = await bodyOf(created);
  const headers = { "x-request-timeout": "0.5", accept: "application/x-ndjson" };
  const response = await call("GET", `/generations/${job["id"]}/events`, headers);
  const last = JSON.parse((await response.text()).trim().split("\n").at(-1) ?? "");
  const error = { code: "DEADLINE_EXCEEDED", status: 504, type: "server_error" };
  expect(last).toMatchObject({ success: false, error });
  await call("POST", `/generations/${job["id"]}/cancel`);
});

it("a list is compressed for whoever takes it", async () => {
  for (let i = 0; i < 3; i++) {
    const response = await call("POST", "/generations", {}, { ...piece, duration_seconds: 600 });
    await call("POST", `/generations/${(await bodyOf(response))["id"]}/cancel`);
  }
  const response = await call("GET", "/generations", { "accept-encoding": "br" });
  expect(response.headers.get("content-encoding")).toBe("br");
  expect(((await bodyOf(response))["jobs"] as Body[]).length).toBeGreaterThanOrEqual(3);
});
