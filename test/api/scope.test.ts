/**
 * Scope, for every method and every binding that the descriptors have: without a key, with a wrong one, one
 * that was revoked or has expired, one that may not do this, another user's, and in another organization. A
 * method that this test does not know fails it.
 */
import { create, toBinary } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import { beforeAll, describe, expect, it } from "vitest";
import { GenerationSchema } from "../../gen/music/v1/generation_pb.ts";
import { MusicGenerations } from "../../gen/music/v1/music_generations_pb.ts";
import { TrackSchema, TrackSummarySchema } from "../../gen/music/v1/track_pb.ts";
import { systemRandom } from "../../src/base/random.ts";
import { routesOf } from "../../src/gateway/routes.ts";
import { newKey } from "../../src/generations/api-key-format.ts";
import type { NewKeyOptions } from "../../src/generations/identity.ts";
import { startTestService } from "../support/service.ts";

const service = await startTestService();
const mine = { organization: "org_mine", user: "user_mine" };

/**
 * What each method answers to another user of the same organization: `hidden` when it names a thing of
 * the owner's, `own` when it only ever shows what is the caller's own.
 */
const decisions: Readonly<Record<string, "hidden" | "own">> = {
  CreateGeneration: "own",
  GetGeneration: "hidden",
  ListGenerations: "own",
  CancelGeneration: "hidden",
  WatchGeneration: "hidden",
  ListEngines: "own",
  GetTrack: "hidden",
  DeleteGeneration: "hidden",
  DeleteTrack: "hidden",
};

/** Methods that the owner calls on a job of its own, since afterwards it is not there any more. */
const destructive = new Set(["DeleteGeneration", "DeleteTrack"]);

const methods = MusicGenerations.methods;
const routes = routesOf(MusicGenerations);
const body = { engine: "studio", prompt: "rain", duration_seconds: 1 };
const keys = { owner: "", colleague: "", stranger: "", reader: "", writer: "" };
/** Keys of the owner's that do not hold any more. */
const spent = { revoked: "", expired: "" };
const reads = new Set([
  "GetGeneration",
  "ListGenerations",
  "WatchGeneration",
  "ListEngines",
  "GetTrack",
]);
const ids = { job_id: "", track_id: "" };

/** A job of the owner's that has ended with a track. */
async function makeJob(asked: Readonly<Record<string, unknown>> = body): Promise<typeof ids> {
  const jobs = `${service.url}/v1/music/${mine.organization}/generations`;
  const headers = { "x-api-key": keys.owner, "content-type": "application/json" };
  const made = await fetch(jobs, { method: "POST", headers, body: JSON.stringify(asked) });
  const { id } = (await made.json()) as { id: string };
  await (await fetch(`${jobs}/${id}/events`, { headers })).text();
  const done = await (await fetch(`${jobs}/${id}`, { headers })).json();
  return { job_id: id, track_id: (done as { result_track_id: string }).result_track_id };
}

beforeAll(async () => {
  keys.owner = await service.key(mine.organization, mine.user);
  keys.colleague = await service.key(mine.organization, "user_colleague");
  keys.stranger = await service.key("org_other", "user_stranger");
  const ownKey = (options: NewKeyOptions) =>
    service.apiKeys.create(mine.organization, mine.user, options);
  keys.reader = (await ownKey({ scopes: ["generations:read"] })).key;
  keys.writer = (await ownKey({ scopes: ["generations:write"] })).key;
  spent.expired = (await ownKey({ expiresInMs: 0 })).key;
  const revoked = await ownKey({});
  await service.apiKeys.revoke(revoked.id);
  spent.revoked = revoked.key;
  Object.assign(ids, await makeJob());
  expect(ids.track_id).toMatch(/^mtrack_/);
});

/** The fields that the method's request has, in JSON names of the proto. */
function fieldsFor(method: (typeof methods)[number], organization: string, named = ids) {
  const known = { organization_id: organization, ...named, ...body };
  const names = new Set(method.input.fields.map(({ name }) => name));
  return Object.fromEntries(Object.entries(known).filter(([name]) => names.has(name)));
}

interface Answer {
  readonly status: number;
  readonly code: string | undefined;
  readonly error: Record<string, unknown>;
  readonly text: string;
}

async function callRest(
  route: (typeof routes)[number],
  organization: string,
  key: string | null,
  named = ids,
): Promise<Answer> {
  const fields: Record<string, string | number> = fieldsFor(
    route.method as never,
    organization,
    named,
  );
  const path = route.template.source.replaceAll(/\{(\w+)\}/g, (_, name) => String(fields[name]));
  const response = await fetch(service.url + path, {
    method: route.verb,
    headers: { "content-type": "application/json", ...(key !== null && { "x-api-key": key }) },
    ...(route.body === "*" && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const { error = {} } =
    response.ok || text === "" ? {} : (JSON.parse(text) as { error?: Answer["error"] });
  return { status: response.status, code: error["code"] as string | undefined, error, text };
}

const transports = {
  gRPC: createGrpcTransport({ baseUrl: service.url }),
  "gRPC-Web": createGrpcWebTransport({ baseUrl: service.url, httpVersion: "1.1" }),
  Connect: createConnectTransport({ baseUrl: service.url, httpVersion: "1.1" }),
};

async function callRpc(
  transport: keyof typeof transports,
  method: (typeof methods)[number],
  organization: string,
  key: string | null,
  named = ids,
): Promise<Code | "ok"> {
  const client = createClient(MusicGenerations, transports[transport]);
  const request = Object.fromEntries(
    method.input.fields.flatMap((field) => {
      const value = fieldsFor(method, organization, named)[field.name];
      return value === undefined ? [] : [[field.localName, value]];
    }),
  );
  const options = key === null ? {} : { headers: { "x-api-key": key } };
  try {
    const call = client[method.localName as "getGeneration"] as (...args: unknown[]) => unknown;
    const result = call(request, options);
    if (method.methodKind === "unary") await result;
    else for await (const _ of result as AsyncIterable<unknown>) break;
    return "ok";
  } catch (error) {
    return ConnectError.from(error).code;
  }
}

const wrongKeys = [null, "", "oak_", newKey(systemRandom), "x".repeat(2_000)];

it("there is a decision for every method, and every method has a binding", () => {
  expect(methods.map(({ name }) => name).sort()).toEqual(Object.keys(decisions).sort());
  expect(new Set(routes.map(({ method }) => method.name))).toEqual(new Set(Object.keys(decisions)));
});

it("every request names an organization", () => {
  for (const method of methods) {
    expect(method.input.fields.map(({ name }) => name)).toContain("organization_id");
    expect(toBinary(method.input, create(method.input))).toHaveLength(0);
  }
});

describe.each(routes.map((route) => [`${route.verb} ${route.template.source}`, route] as const))(
  "%s",
  (_name, route) => {
    it.each(wrongKeys)("without a valid key (%s) is 401", async (key) => {
      const answer = await callRest(route, mine.organization, key);
      expect([answer.status, answer.code]).toEqual([401, "AUTHENTICATION_REQUIRED"]);
    });

    it.each(["revoked", "expired"] as const)("with a key that is %s is 401", async (how) => {
      const answer = await callRest(route, mine.organization, spent[how]);
      expect([answer.status, answer.code]).toEqual([401, "AUTHENTICATION_REQUIRED"]);
    });

    it("with a key of the other scope is 403, and says which it needs", async () => {
      const isRead = reads.has(route.method.name);
      const key = isRead ? keys.writer : keys.reader;
      const { status, code, error } = await callRest(route, mine.organization, key);
      expect([status, code]).toEqual([403, "SCOPE_DENIED"]);
      const scope = isRead ? "generations:read" : "generations:write";
      expect(error["details"]).toEqual({ required_scope: scope });
    });

    it("in an organization of others is 403, as in one that does not exist", async () => {
      const answers = [
        await callRest(route, mine.organization, keys.stranger),
        await callRest(route, "org_none", keys.stranger),
        await callRest(route, "org_none", keys.owner),
      ];
      for (const { status, code, error } of answers) {
        expect([status, code]).toEqual([403, "ORGANIZATION_ACCESS_DENIED"]);
        expect(error["details"]).toEqual({});
      }
    });

    it("shows a colleague nothing of the owner's", async () => {
      const answer = await callRest(route, mine.organization, keys.colleague);
      if (decisions[route.method.name] === "hidden") {
        expect([answer.status, answer.code]).toEqual([404, "RESOURCE_NOT_FOUND"]);
      } else {
        expect(answer.status).toBeLessThan(300);
        expect(answer.text).not.toContain(ids.job_id);
      }
    });

    it("is there for the owner", async () => {
      const named = destructive.has(route.method.name) ? await makeJob() : ids;
      const answer = await callRest(route, mine.organization, keys.owner, named);
      expect(answer.status).toBeLessThan(300);
    });
  },
);

describe.each(Object.keys(transports) as (keyof typeof transports)[])("%s", (transport) => {
  it.each(methods.map((method) => [method.name, method] as const))("%s", async (name, method) => {
    for (const key of [...wrongKeys, ...Object.values(spent)]) {
      const code = await callRpc(transport, method, mine.organization, key);
      expect([key, code]).toEqual([key, Code.Unauthenticated]);
    }
    const denied = [
      await callRpc(transport, method, mine.organization, keys.stranger),
      await callRpc(transport, method, "org_none", keys.owner),
    ];
    const other = reads.has(name) ? keys.writer : keys.reader;
    denied.push(await callRpc(transport, method, mine.organization, other));
    expect(denied).toEqual(Array(3).fill(Code.PermissionDenied));
    const colleague = await callRpc(transport, method, mine.organization, keys.colleague);
    expect(colleague).toBe(decisions[name] === "hidden" ? Code.NotFound : "ok");
    const named = destructive.has(name) ? await makeJob() : ids;
    expect(await callRpc(transport, method, mine.organization, keys.owner, named)).toBe("ok");
  });
});

/** The names of the fields that hold signed URLs, by the descriptors of what bears them. */
const mediaFields = [GenerationSchema, TrackSummarySchema, TrackSchema].flatMap(({ fields }) =>
  fields.filter(({ name }) => /_urls?$/.test(name)).map(({ name }) => name),
);

/** Every signed URL in an answer, by its path of names. */
function urlsIn(value: unknown, path = ""): Record<string, string> {
  if (typeof value === "string") return value.includes("/media/v1/") ? { [path]: value } : {};
  const inner = Object.entries(value ?? {});
  return Object.assign({}, ...inner.map(([name, each]) => urlsIn(each, `${path}/${name}`)));
}

describe("signed media", () => {
  let urls: Record<string, string> = {};
  const made = { ...ids };

  beforeAll(async () => {
    Object.assign(made, await makeJob({ ...body, stems: true }));
    const get = async (path: string) => {
      const headers = { "x-api-key": keys.owner };
      return (
        await fetch(`${service.url}/v1/music/${mine.organization}${path}`, { headers })
      ).json();
    };
    const job = await get(`/generations/${made.job_id}`);
    urls = urlsIn({ job, resource: await get(`/tracks/${made.track_id}`) });
  });

  it("is all that the descriptors have, and each URL gives its own artifact to whoever has it", async () => {
    const found = Object.keys(urls).map((path) =>
      path.split("/").find((name) => /_urls?$/.test(name)),
    );
    expect(new Set(found)).toEqual(new Set(mediaFields));
    expect(Object.keys(urls)).toHaveLength(10);
    for (const url of Object.values(urls)) {
      expect((await fetch(url)).status).toBe(200);
      const part = await fetch(url, { headers: { range: "bytes=0-9" } });
      expect([part.status, (await part.arrayBuffer()).byteLength]).toEqual([206, 10]);
    }
  });

  it("is not had by the signature of another, nor by a key", async () => {
    const all = Object.values(urls).map((url) => new URL(url));
    for (const { pathname } of all) {
      for (const other of all.filter((each) => each.pathname !== pathname)) {
        const forged = await fetch(new URL(pathname + other.search, service.url));
        expect([pathname, other.pathname, forged.status]).toEqual([pathname, other.pathname, 403]);
      }
      const headers = { "x-api-key": keys.owner };
      expect((await fetch(service.url + pathname, { headers })).status).toBe(403);
    }
  });

  it("ends with the job", async () => {
    const url = `${service.url}/v1/music/${mine.organization}/generations/${made.job_id}`;
    const headers = { "x-api-key": keys.owner };
    expect((await fetch(url, { method: "DELETE", headers })).status).toBe(204);
    for (const each of Object.values(urls)) expect((await fetch(each)).status).toBe(404);
  });
});

it("a job that was hidden was not touched", async () => {
  const url = `${service.url}/v1/music/${mine.organization}/generations/${ids.job_id}`;
  const job = await (await fetch(url, { headers: { "x-api-key": keys.owner } })).json();
  expect(job).toMatchObject({ status: "succeeded", cancel_requested_at: null });
});
