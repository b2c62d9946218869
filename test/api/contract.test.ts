/** The documented REST API, as existing clients use it: paths, fields, nulls, errors word for word. */
import { beforeAll, describe, expect, it } from "vitest";
import { startTestService } from "../support/service.ts";

const service = await startTestService();
const organization = "org_abc123";
const base = `${service.url}/v1/music/${organization}`;
let key = "";

beforeAll(async () => {
  key = await service.key(organization, "user_1");
});

type Body = Record<string, unknown>;

async function call(
  method: string,
  path: string,
  init: { body?: string; headers?: Record<string, string> } = {},
) {
  const response = await fetch(base + path, {
    method,
    headers: { "x-api-key": key, ...init.headers },
    ...(init.body !== undefined && { body: init.body }),
  });
  const text = await response.text();
  return { response, status: response.status, body: (text ? JSON.parse(text) : null) as Body };
}

function post(body: unknown, headers: Record<string, string> = {}) {
  const json = { "content-type": "application/json", ...headers };
  return call("POST", "/generations", { body: JSON.stringify(body), headers: json });
}

const valid = { engine: "studio", prompt: "calm piano", duration_seconds: 2 };
/** The fields of the documented job, in their order. */
const documented = [
  "id",
  "status",
  "progress",
  "engine",
  "mode",
  "created_at",
  "result_track_id",
  "error_message",
  "refusal_reason",
  "playback_url",
  "track",
];

function errorOf(body: Body): Body {
  expect(Object.keys(body)).toEqual(["success", "error"]);
  expect(body["success"]).toBe(false);
  const error = body["error"] as Body;
  expect(Object.keys(error)).toEqual([
    "code",
    "message",
    "system_message",
    "type",
    "status",
    "details",
    "trace_id",
    "timestamp",
  ]);
  return error;
}

/** The fields that a 422 or 400 names. */
function fieldsOf(body: Body): string[] {
  const { violations = [] } = errorOf(body)["details"] as { violations?: { field: string }[] };
  return violations.map(({ field }) => field);
}

describe("the job", () => {
  it("is accepted with 202, where to find it, and every documented field in order", async () => {
    const { status, body, response } = await post(valid);
    expect(status).toBe(202);
    expect(response.headers.get("location")).toBe(
      `/v1/music/${organization}/generations/${body["id"]}`,
    );
    expect(Object.keys(body).slice(0, documented.length)).toEqual(documented);
    expect(body).toMatchObject({
      id: expect.stringMatching(/^mgen_/),
      status: "queued",
      progress: 0,
      engine: "studio",
      mode: "creation",
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/),
      result_track_id: null,
      error_message: null,
      refusal_reason: null,
      playback_url: null,
      track: null,
    });
  });

  it("succeeds with a track that can be fetched, by job and by track", async () => {
    const { body: made } = await post({ ...valid, title: "Two Seconds" });
    await (
      await fetch(`${base}/generations/${made["id"]}/events`, { headers: { "x-api-key": key } })
    ).text();
    const { body: job } = await call("GET", `/generations/${made["id"]}`);
    expect(job).toMatchObject({ status: "succeeded", progress: 100, error_message: null });
    const track = job["track"] as Body;
    expect(Object.keys(track)).toEqual([
      "id",
      "title",
      "engine",
      "mode",
      "instrumental",
      "measured_duration_seconds",
      "mime_type",
      "licence_class",
      "playback_url",
    ]);
    expect(track).toMatchObject({
      id: job["result_track_id"],
      title: "Two Seconds",
      measured_duration_seconds: 2,
      mime_type: "audio/mpeg",
      licence_class: "commercial_cleared",
    });
    const audio = await fetch(String(job["playback_url"]));
    expect([audio.status, audio.headers.get("content-type")]).toEqual([200, "audio/mpeg"]);
    expect((await audio.arrayBuffer()).byteLength).toBeGreaterThan(60_000);
    const { body: resource } = await call("GET", `/tracks/${track["id"]}`);
    expect(Object.keys(resource).slice(0, 11)).toEqual([
      ...Object.keys(track),
      "created_at",
      "stem_urls",
    ]);
    expect(resource).toMatchObject({ ...track, playback_url: expect.any(String) });
    expect([typeof resource["created_at"], resource["stem_urls"]]).toEqual(["string", {}]);
    const { body: list } = await call("GET", "/generations?status=succeeded");
    expect((list["jobs"] as Body[])[0]).toMatchObject({
      id: job["id"],
      playback_url: null,
      track: null,
      result_track_id: track["id"],
    });
  });

  it("lists newest first with limit and offset echoed", async () => {
    const { body } = await call("GET", "/generations?limit=1&offset=1");
    expect(Object.keys(body).slice(0, 3)).toEqual(["jobs", "limit", "offset"]);
    expect(body).toMatchObject({ limit: 1, offset: 1 });
    expect(body["jobs"]).toHaveLength(1);
    const { body: defaults } = await call("GET", "/generations");
    expect(defaults).toMatchObject({ limit: 50, offset: 0 });
  });

  it("the header Idempotency-Key wins over the body's", async () => {
    const first = await post({ ...valid, idempotency_key: "a" }, { "idempotency-key": "b" });
    const again = await post({ ...valid, idempotency_key: "c" }, { "idempotency-key": "b" });
    expect(again.body["id"]).toBe(first.body["id"]);
    const other = await post({ ...valid, prompt: "loud" }, { "idempotency-key": "b" });
    expect([other.status, errorOf(other.body)["code"]]).toEqual([409, "IDEMPOTENCY_KEY_REUSED"]);
  });
});

describe("cancel", () => {
  it.each([
    ["no body", {}],
    ["an empty JSON object", { body: "{}", headers: { "content-type": "application/json" } }],
    ["null", { body: "null", headers: { "content-type": "application/json" } }],
  ])("works with %s, and twice", async (_name, init) => {
    const { body: job } = await post({ ...valid, duration_seconds: 600 });
    const path = `/generations/${job["id"]}/cancel`;
    const first = await call("POST", path, init);
    expect(first.status).toBe(200);
    expect(Object.keys(first.body).slice(0, documented.length)).toEqual(documented);
    expect(first.body).toMatchObject({ id: job["id"], status: "cancelled", track: null });
    expect((await call("POST", path, init)).body).toEqual(first.body);
  });

  it("waits as long as Prefer says, and says what it did", async () => {
    const { body: job } = await post({ ...valid, duration_seconds: 600 });
    const path = `/generations/${job["id"]}/cancel`;
    const { response } = await call("POST", path, { headers: { prefer: "wait=5" } });
    expect(response.headers.get("preference-applied")).toBe("wait=5");
  });

  it("of an unknown job is the documented 404, word for word", async () => {
    const { status, body, response } = await call("POST", "/generations/mgen_2f8b1c4e9a7d/cancel");
    expect(status).toBe(404);
    const { trace_id, timestamp, ...error } = errorOf(body);
    expect(error).toEqual({
      code: "RESOURCE_NOT_FOUND",
      message: "The requested resource could not be found.",
      system_message: "Music generation job not found",
      type: "client_error",
      status: 404,
      details: { job_id: "mgen_2f8b1c4e9a7d" },
    });
    expect(trace_id).toMatch(/^req_/);
    expect(response.headers.get("x-request-id")).toBe(trace_id);
    expect(timestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  });

  it("without a key is the documented 401, word for word", async () => {
    const response = await fetch(`${base}/generations/mgen_1/cancel`, { method: "POST" });
    const { trace_id, timestamp, ...error } = errorOf((await response.json()) as Body);
    expect([response.status, typeof trace_id, typeof timestamp]).toEqual([401, "string", "string"]);
    expect(error).toEqual({
      code: "AUTHENTICATION_REQUIRED",
      message: "Authentication required. Please provide a valid API key.",
      system_message: "Missing or invalid authorization header",
      type: "authentication_error",
      status: 401,
      details: {},
    });
  });
});

describe("delete", () => {
  async function finished(headers: Record<string, string> = {}): Promise<Body> {
    const { body } = await post(valid, headers);
    const events = `${base}/generations/${body["id"]}/events`;
    await (await fetch(events, { headers: { "x-api-key": key } })).text();
    return (await call("GET", `/generations/${body["id"]}`)).body;
  }

  it("of a job takes job, track and audio away, once", async () => {
    const job = await finished();
    const path = `/generations/${job["id"]}`;
    const deleted = await call("DELETE", path);
    expect([deleted.status, deleted.body]).toEqual([204, null]);
    expect((await call("GET", path)).status).toBe(404);
    expect((await call("GET", `/tracks/${job["result_track_id"]}`)).status).toBe(404);
    expect((await fetch(String(job["playback_url"]))).status).toBe(404);
    expect((await call("POST", `${path}/cancel`)).status).toBe(404);
    const { body: list } = await call("GET", "/generations");
    expect(JSON.stringify(list)).not.toContain(job["id"]);
    expect((await call("DELETE", path)).status).toBe(404);
  });

  it("of a track leaves the job", async () => {
    const job = await finished();
    const path = `/tracks/${job["result_track_id"]}`;
    expect((await call("DELETE", path)).status).toBe(204);
    expect((await call("DELETE", path)).status).toBe(404);
    expect((await fetch(String(job["playback_url"]))).status).toBe(404);
    const { body } = await call("GET", `/generations/${job["id"]}`);
    expect(body).toMatchObject({ status: "succeeded", track: null, result_track_id: null });
  });

  it("of an active job is 409 and changes nothing", async () => {
    const { body: job } = await post({ ...valid, duration_seconds: 600 });
    const path = `/generations/${job["id"]}`;
    const refused = await call("DELETE", path);
    expect([refused.status, errorOf(refused.body)["code"]]).toEqual([409, "JOB_ACTIVE"]);
    expect((await call("POST", `${path}/cancel`)).body).toMatchObject({ status: "cancelled" });
    expect((await call("DELETE", path)).status).toBe(204);
  });

  it("keeps the idempotency key taken: a late repeat makes no second job", async () => {
    const headers = { "idempotency-key": "deleted-later" };
    const job = await finished(headers);
    expect((await call("DELETE", `/generations/${job["id"]}`)).status).toBe(204);
    const repeat = await post(valid, headers);
    expect([repeat.status, errorOf(repeat.body)["details"]]).toEqual([404, { job_id: job["id"] }]);
  });
});

describe("wrong input", () => {
  const create = (body: string, type = "application/json") =>
    call("POST", "/generations", { body, headers: { "content-type": type } });

  it.each([
    ["no JSON", "{", 400, "MALFORMED_REQUEST"],
    ["an array", "[]", 400, "MALFORMED_REQUEST"],
    ["nothing", "", 400, "MALFORMED_REQUEST"],
    ["a string", '"x"', 400, "MALFORMED_REQUEST"],
  ])("%s is %s %i", async (_name, body, status, code) => {
    const answer = await create(body);
    expect([answer.status, errorOf(answer.body)["code"]]).toEqual([status, code]);
  });

  it.each([
    [{ engine: undefined }, ["engine"]],
    [{ prompt: undefined }, ["prompt"]],
    [{ duration_seconds: undefined }, ["duration_seconds"]],
    [{ duration_seconds: 0 }, ["duration_seconds"]],
    [{ duration_seconds: -1 }, ["duration_seconds"]],
    [{ duration_seconds: 1e9 }, ["duration_seconds"]],
    [{ duration_seconds: 1e30 }, ["duration_seconds"]],
    [{ duration_seconds: 1.5 }, ["duration_seconds"]],
    [{ duration_seconds: "30" }, ["duration_seconds"]],
    [{ duration_seconds: true }, ["duration_seconds"]],
    [{ duration_seconds: null }, ["duration_seconds"]],
    [{ engine: "nope" }, ["engine"]],
    [{ engine: 7 }, ["engine"]],
    [{ prompt: ["x"] }, ["prompt"]],
    [{ prompt: "a\u0000b" }, ["prompt"]],
    [{ prompt: "   " }, ["prompt"]],
    [{ prompt: "x".repeat(100_000) }, ["prompt"]],
    [{ mode: "loop" }, ["mode"]],
    [{ lyrics: "la la" }, ["lyrics"]],
    [{ seed_track_id: "mtrack_1" }, ["seed_track_id"]],
    [{ style_tags: "lofi" }, ["style_tags"]],
    [{ style_tags: ["ok", 1] }, ["style_tags[1]"]],
    [{ instrumental: "yes" }, ["instrumental"]],
    [{ promt: "x" }, ["promt"]],
    [{ duration_seconds: 0, engine: "nope", tempo: 3 }, ["tempo", "duration_seconds", "engine"]],
  ])("%j names %j", async (change, fields) => {
    const { status, body } = await post({ ...valid, ...change });
    expect([status, errorOf(body)["code"]]).toEqual([422, "VALIDATION_ERROR"]);
    expect(fieldsOf(body).sort()).toEqual([...fields].sort());
  });

  it("a body that is too large is 413", async () => {
    const answer = await post({ ...valid, prompt: "x".repeat(1_000_000) });
    expect([answer.status, errorOf(answer.body)["code"]]).toEqual([413, "PAYLOAD_TOO_LARGE"]);
  });

  it("another content type is 415", async () => {
    const answer = await create("engine=studio", "application/x-www-form-urlencoded");
    expect([answer.status, errorOf(answer.body)["code"]]).toEqual([415, "UNSUPPORTED_MEDIA_TYPE"]);
  });

  it.each([
    ["/generations?limit=0", 422, ["limit"]],
    ["/generations?limit=101", 422, ["limit"]],
    ["/generations?limit=ten", 400, ["limit"]],
    ["/generations?status=done", 400, ["status"]],
    ["/generations?offset=-1", 422, ["offset"]],
    ["/generations?stauts=queued", 422, ["stauts"]],
  ])("GET %s is %i and names %j", async (path, status, fields) => {
    const answer = await call("GET", path);
    expect([answer.status, fieldsOf(answer.body)]).toEqual([status, fields]);
  });

  it.each([
    ["GET", "/nothing", 404, "ROUTE_NOT_FOUND"],
    ["GET", "/generations/", 404, "ROUTE_NOT_FOUND"],
    ["GET", "/generations/a/b/c", 404, "ROUTE_NOT_FOUND"],
    ["PUT", "/generations", 405, "METHOD_NOT_ALLOWED"],
  ])("%s %s is %i %s", async (method, path, status, code) => {
    const answer = await call(method, path);
    expect([answer.status, errorOf(answer.body)["code"]]).toEqual([status, code]);
    if (status === 405) expect(answer.response.headers.get("allow")).toContain("POST");
  });

  it.each(["/generations/%zz", "/generations/%ff", "/generations/%", "/%00"])(
    "GET %s, a path that cannot be read, has the envelope too",
    async (path) => {
      const { status, body, response } = await call("GET", path);
      expect([400, 404]).toContain(status);
      expect(errorOf(body)["trace_id"]).toBe(response.headers.get("x-request-id"));
    },
  );

  it("the service goes on", async () => {
    expect((await call("GET", "/engines")).status).toBe(200);
  });
});

describe("events", () => {
  it("are SSE by default: id, event and data for each version; nothing after the end", async () => {
    const { body: job } = await post(valid);
    const url = `${base}/generations/${job["id"]}/events`;
    const response = await fetch(url, { headers: { "x-api-key": key } });
    expect(response.headers.get("content-type")).toMatch(/^text\/event-stream/);
    expect(response.headers.get("cache-control")).toBe("no-cache, no-transform");
    const events = (await response.text()).split("\n\n").filter((event) => event.includes("data:"));
    const ids = events.map((event) => Number(/^id: (\d+)$/m.exec(event)?.[1]));
    expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b));
    expect(events.at(-1)).toContain('"status":"succeeded"');
    const headers = { "x-api-key": key, "last-event-id": String(ids.at(-1)) };
    expect((await fetch(url, { headers })).status).toBe(204);
  });

  it("are NDJSON when asked for", async () => {
    const { body: job } = await post(valid);
    await call("POST", `/generations/${job["id"]}/cancel`);
    const response = await fetch(`${base}/generations/${job["id"]}/events`, {
      headers: { "x-api-key": key, accept: "application/x-ndjson" },
    });
    const lines = (await response.text()).trim().split("\n");
    expect(JSON.parse(lines.at(-1) ?? "")).toMatchObject({ status: "cancelled" });
  });
});
