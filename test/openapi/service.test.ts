/** The document against the running service: each operation is called, and all that it answers is as documented. */
import { beforeAll, describe, expect, it } from "vitest";
import { startWorld } from "../conformance/world.ts";
import { type CallOptions, DocumentedClient } from "./client.ts";
import { document, operations, problemsOf, resolve } from "./document.ts";

const world = await startWorld();
const organization = { organization_id: "org_documented" };
let client: DocumentedClient;
const seen = new Set<string>();

beforeAll(async () => {
  const { url } = world.endpoints;
  const key = await world.newKey(organization.organization_id, "user_documented");
  client = new DocumentedClient(url, { "x-api-key": key }, seen);
});

type Job = Readonly<Record<string, unknown>> & { readonly id: string };

const { content } = operations.get("createGeneration")!.operation.requestBody!;
const { example, schema } = content["application/json"]!;

async function create(body: unknown = example): Promise<Job> {
  const answer = await client.call("createGeneration", { parameters: organization, body });
  expect(answer.status).toBe(202);
  return answer.body as Job;
}

/** The path variables of every operation that has them; `job` names the job. */
const of = (job: string) => ({ ...organization, job_id: job });

it("the document itself is served to anyone, and not again to who has it", async () => {
  const { url } = world.endpoints;
  const get = (init: RequestInit = {}) => fetch(`${url}/openapi.json`, init);
  const response = await get();
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toBe("application/json; charset=utf-8");
  expect(response.headers.get("cache-control")).toBe("public, max-age=300");
  expect(await response.json()).toEqual(document);
  const etag = response.headers.get("etag") ?? "";
  for (const tag of [etag, `"other", W/${etag}`, "*"]) {
    expect((await get({ headers: { "if-none-match": tag } })).status).toBe(304);
  }
  expect((await get({ headers: { "if-none-match": '"other"' } })).status).toBe(200);
  const head = await get({ method: "HEAD" });
  expect(head.headers.get("content-length")).toBe(response.headers.get("content-length"));
  const post = await get({ method: "POST" });
  expect(post.status).toBe(405);
  expect(post.headers.get("allow")).toBe("GET, HEAD");
});

describe("what succeeds", () => {
  it("a job from its creation, by the document's own example, to its end and deletion", async () => {
    expect(problemsOf(schema, example)).toEqual([]);
    const created = await create();
    const { id } = created;
    const { 202: accepted } = operations.get("createGeneration")!.operation.responses;
    const documented = resolve(accepted!).content!["application/json"]!.example as Job;
    // In an order that people read, and the same but for what is new each time.
    expect(Object.keys(created)).toEqual(Object.keys(documented));
    expect({ ...created, id: "", created_at: "" }).toEqual({
      ...documented,
      id: "",
      created_at: "",
    });
    const { headers } = await client.call("getGeneration", { parameters: of(id) });
    expect(headers.get("retry-after")).toMatch(/^[1-9]/);
    await world.begin(id);
    await world.advance(id, 40);
    const running = await client.call("getGeneration", { parameters: of(id) });
    expect(running.body).toMatchObject({ status: "running", progress: 40 });
    await world.succeed(id);
    const ended = await client.call("getGeneration", { parameters: of(id) });
    expect(ended.body).toMatchObject({ status: "succeeded", track: { title: "Rain" } });
    const track = { ...organization, track_id: String((ended.body as Job)["result_track_id"]) };
    await client.call("getTrack", { parameters: track });
    const list = await client.call("listGenerations", {
      parameters: { ...organization, status: "succeeded", limit: 1, offset: 0 },
    });
    expect(list.body).toMatchObject({ jobs: [{ id }] });
    expect((await client.call("deleteTrack", { parameters: track })).status).toBe(204);
    expect((await client.call("deleteGeneration", { parameters: of(id) })).status).toBe(204);
  });

  it("a stream as events and as lines, and no more after its end", async () => {
    const { id } = await create();
    await client.call("cancelGeneration", { parameters: { ...of(id), wait_seconds: 0 } });
    for (const accept of ["text/event-stream", "application/x-ndjson"]) {
      const options = { parameters: of(id), headers: { accept } };
      const { body } = await client.call("watchGeneration", options);
      expect(body).toMatchObject([{ id, status: "cancelled" }]);
      const [{ version }] = body as [{ version: number }];
      const after = { accept, "last-event-id": String(version) };
      const resumed = await client.call("watchGeneration", { ...options, headers: after });
      expect(resumed.status).toBe(204);
    }
  });

  it("the engines, and that an answer has not changed", async () => {
    const { id } = await create();
    await client.call("cancelGeneration", { parameters: of(id), headers: { prefer: "wait=0" } });
    const { body } = await client.call("listEngines", { parameters: organization });
    expect(body).toMatchObject({ engines: [{ engine_key: "studio" }] });
    for (const operationId of ["listEngines", "listGenerations", "getGeneration"]) {
      const parameters = operationId === "getGeneration" ? of(id) : organization;
      const { headers } = await client.call(operationId, { parameters });
      const unchanged = { "if-none-match": headers.get("etag") ?? "" };
      const again = await client.call(operationId, { parameters, headers: unchanged });
      expect(again.status).toBe(304);
    }
  });
});

const operationIds = [...operations.keys()];

/** A call that would be fine but for what `faulty` adds to it. */
function typical(operationId: string, faulty: CallOptions = {}): CallOptions {
  const { path, operation } = operations.get(operationId)!;
  const ids = { ...organization, job_id: "mgen_none", track_id: "mtrack_none" };
  const own = Object.entries(ids).filter(([name]) => path.includes(`{${name}}`));
  const body = operation.requestBody && example;
  return {
    ...(body !== undefined && { body }),
    ...faulty,
    parameters: { ...Object.fromEntries(own), ...faulty.parameters },
  };
}

describe.each(operationIds)("what %s refuses", (operationId) => {
  const call = async (faulty: CallOptions, by = client) =>
    (await by.call(operationId, typical(operationId, faulty))).status;

  it("callers that may not", async () => {
    const { url } = world.endpoints;
    const { key } = await world.newcomer();
    const scope = operations.get(operationId)!.verb === "GET" ? "write" : "read";
    const unfit = await world.newKey(organization.organization_id, "user_unfit", [
      `generations:${scope}`,
    ]);
    const bearer = { authorization: `Bearer ${key}` };
    expect(await call({}, new DocumentedClient(url, {}, seen))).toBe(401);
    expect(await call({}, new DocumentedClient(url, bearer, seen))).toBe(403);
    expect(await call({}, new DocumentedClient(url, { "x-api-key": unfit }, seen))).toBe(403);
  });

  it("requests that are wrong", async () => {
    expect(await call({ headers: { "x-request-timeout": "soon" } })).toBe(400);
    expect(await call({ headers: { accept: "image/png" } })).toBe(406);
    expect(await call({ headers: { "x-large": "x".repeat(20_000) } })).toBe(431);
    expect(await call({ parameters: { colour: "blue" } })).toBe(422);
    if (operations.get(operationId)!.verb === "GET") return;
    expect(await call({ body: "x".repeat(300_000) })).toBe(413);
  });
});

describe("what some operations refuse", () => {
  it("jobs and tracks that there are not", async () => {
    for (const operationId of operationIds.filter((id) => !/^(?:list|create)/.test(id))) {
      expect((await client.call(operationId, typical(operationId))).status).toBe(404);
    }
  });

  it("a body that is no JSON, or says that it is something else", async () => {
    const call = (faulty: CallOptions) =>
      client.call("createGeneration", typical("createGeneration", faulty));
    expect((await call({ body: "{" })).status).toBe(400);
    expect((await call({ headers: { "content-type": "text/plain" } })).status).toBe(415);
    const { body } = await call({ body: { engine: "studio", prompt: "" } });
    expect(body).toMatchObject({ error: { details: { violations: [{}, {}] } } });
  });

  it("a key that came with another request, a repeat of what is deleted, a job that is active", async () => {
    const headers = { "idempotency-key": "once" };
    const call = (body: unknown) =>
      client.call("createGeneration", { parameters: organization, headers, body });
    const { id } = (await call(example)).body as Job;
    expect((await call({ ...(example as object), seed: 8 })).status).toBe(409);
    expect((await client.call("deleteGeneration", { parameters: of(id) })).status).toBe(409);
    await client.call("cancelGeneration", { parameters: of(id) });
    await client.call("deleteGeneration", { parameters: of(id) });
    expect((await call(example)).status).toBe(404);
  });
});

describe("what is documented", () => {
  /** Errors of the network, of the database and of ourselves; and those that nothing raises yet. */
  const unseen = new Set(["408", "429", "500", "503", "504"]);

  it.each(operationIds)("%s was answered in each way that it has", (operationId) => {
    const statuses = Object.keys(operations.get(operationId)!.operation.responses);
    const missed = statuses.filter(
      (status) => !unseen.has(status) && !seen.has(`${operationId} ${status}`),
    );
    expect(missed).toEqual(operationId === "getTrack" ? ["304"] : []);
  });
});
