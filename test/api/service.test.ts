/** The service with every interceptor over a real store. */
import { createHash } from "node:crypto";
import { Code, ConnectError } from "@connectrpc/connect";
import { beforeAll, describe, expect, it } from "vitest";
import {
  BadRequestSchema,
  ErrorInfoSchema,
  LocalizedMessageSchema,
  RequestInfoSchema,
  RetryInfoSchema,
} from "../../gen/google/rpc/error_details_pb.ts";
import { GenerationMode } from "../../gen/music/v1/generation_mode_pb.ts";
import {
  AttemptFailureKind,
  AttemptOutcome,
  GenerationPriority,
  GenerationStatus,
} from "../../gen/music/v1/generation_pb.ts";
import { OutputFormat } from "../../gen/music/v1/output_format_pb.ts";
import { type Clock, systemClock } from "../../src/base/clock.ts";
import { ServiceError } from "../../src/generations/failures.ts";
import type { NewApiKey } from "../../src/generations/identity.ts";
import type { JobStore } from "../../src/generations/job-store.ts";
import { createApi } from "../support/api.ts";
import { ScriptedEngine } from "../support/scripted-engine.ts";
import { newTestJob, openTestStore } from "../support/store.ts";

const store = await openTestStore();
const engine = new ScriptedEngine("studio");
const api = createApi(store, [engine]);
const organizationId = "org_abc123";
const valid = { organizationId, engine: "studio", prompt: "rain", durationSeconds: 5 };
let key = "";
let client: ReturnType<typeof api.clientWith>;

beforeAll(async () => {
  key = (await store.apiKeys.create(organizationId, "user_1")).key;
  client = api.clientWith({ "x-api-key": key });
});

/** The error of a call, which must fail. */
async function errorOf(call: Promise<unknown>): Promise<ConnectError> {
  return call.then(
    () => expect.unreachable("the call should fail"),
    (error: unknown) => ConnectError.from(error),
  );
}

function reasonOf(error: ConnectError): string | undefined {
  return error.findDetails(ErrorInfoSchema)[0]?.reason;
}

async function violationsOf(call: Promise<unknown>): Promise<Record<string, string>> {
  const error = await errorOf(call);
  expect(reasonOf(error)).toBe("VALIDATION_ERROR");
  const violations = error.findDetails(BadRequestSchema)[0]?.fieldViolations ?? [];
  return Object.fromEntries(violations.map(({ field, description }) => [field, description]));
}

describe("credentials", () => {
  it("takes a bearer token, too", async () => {
    const bearer = api.clientWith({ authorization: `Bearer ${key}` });
    expect((await bearer.listEngines({ organizationId })).engines).toHaveLength(1);
  });

  it("X-API-Key wins when both are sent", async () => {
    const both = { "x-api-key": key, authorization: "Bearer oak_wrong" };
    expect((await api.clientWith(both).listEngines({ organizationId })).engines).toHaveLength(1);
    const wrong = { "x-api-key": "oak_wrong", authorization: `Bearer ${key}` };
    const error = await errorOf(api.clientWith(wrong).listEngines({ organizationId }));
    expect(error.code).toBe(Code.Unauthenticated);
  });

  it.each([
    {},
    { "x-api-key": "" },
    { "x-api-key": "oak_" },
    { "x-api-key": `oak_${"A".repeat(43)}` },
    { authorization: "Basic abc" },
  ])("refuses %o", async (headers) => {
    const error = await errorOf(api.clientWith(headers).listEngines({ organizationId }));
    expect([error.code, reasonOf(error)]).toEqual([
      Code.Unauthenticated,
      "AUTHENTICATION_REQUIRED",
    ]);
  });

  it("answers the same for another organization and for one that does not exist", async () => {
    await store.organizations.addMember("org_other", "user_2");
    const other = await errorOf(client.listEngines({ organizationId: "org_other" }));
    const none = await errorOf(client.listEngines({ organizationId: "org_none" }));
    expect(other.code).toBe(Code.PermissionDenied);
    expect([other.rawMessage, reasonOf(other)]).toEqual([none.rawMessage, reasonOf(none)]);
  });

  it("keeps only a hash of the key", async () => {
    const documents = await store.database.apiKeys.find().toArray();
    expect(JSON.stringify(documents)).not.toContain(key.slice(4, -4));
  });
});

describe("create", () => {
  it("answers the queued job", async () => {
    const job = await client.createGeneration({ ...valid, title: "Rain", styleTags: ["lofi"] });
    expect(job).toMatchObject({
      status: GenerationStatus.QUEUED,
      mode: GenerationMode.CREATION,
      progress: 0,
      engine: "studio",
      title: "Rain",
      version: 1,
    });
    expect(job.id).toMatch(/^mgen_[0-9a-f]{24}$/);
    expect(await client.getGeneration({ organizationId, jobId: job.id })).toEqual(job);
  });

  it("a repeat with the same idempotency key answers the same job; another request is refused", async () => {
    const request = { ...valid, idempotencyKey: "once" };
    const first = await client.createGeneration(request);
    expect((await client.createGeneration(request)).id).toBe(first.id);
    const error = await errorOf(client.createGeneration({ ...request, prompt: "snow" }));
    expect([error.code, reasonOf(error)]).toEqual([Code.AlreadyExists, "IDEMPOTENCY_KEY_REUSED"]);
  });

  it("an idempotency key stands for what it stood for before an upgrade", async () => {
    // What the first version hashed, in its order.
    const asked = {
      prompt: "rain",
      durationSeconds: 5,
      mode: "creation",
      instrumental: false,
      lyrics: null,
      seedTrackId: null,
      styleTags: [],
      title: null,
    };
    const text = JSON.stringify(["studio", asked, null]);
    const hash = createHash("sha256").update(text).digest("hex");
    const { id } = await client.createGeneration({ ...valid, idempotencyKey: "upgraded" });
    const found = await store.database.jobs.findOne({ _id: id });
    expect(found?.idempotency).toEqual({ key: "upgraded", hash });
  });

  it("a mode, stems and a seed track are faults where the engine has none", async () => {
    const other = new ScriptedEngine("studio");
    const description = { ...other.description, supportsSeedTracks: false };
    const plain = createApi(store, [{ ...other, description, check: () => [] } as never]);
    const caller = plain.clientWith({ "x-api-key": key });
    const asked = { ...valid, mode: GenerationMode.FOCUS, stems: true, seedTrackId: "mtrack_1" };
    expect(await violationsOf(caller.createGeneration(asked))).toEqual({
      mode: "The engine Scripted has not the mode focus; it has creation.",
      stems: "The engine Scripted makes no stems; leave stems out.",
      seed_track_id: "The engine Scripted cannot continue another track; leave seed_track_id out.",
    });
  });

  it("a format that the engine has not is a fault, and part of what an idempotency key stands for", async () => {
    const flac = { ...valid, outputFormat: OutputFormat.FLAC, idempotencyKey: "flac" };
    expect(await violationsOf(client.createGeneration(flac))).toEqual({
      output_format: "The engine Scripted does not make flac; it makes mp3.",
    });
    const other = new ScriptedEngine("studio");
    const description = { ...other.description, outputFormats: ["mp3", "flac"] as const };
    const lossless = createApi(store, [{ ...other, description, check: () => [] } as never]);
    const caller = lossless.clientWith({ "x-api-key": key });
    const job = await caller.createGeneration(flac);
    expect(job.outputFormat).toBe(OutputFormat.FLAC);
    const plain = { ...flac, outputFormat: OutputFormat.MP3 };
    expect(reasonOf(await errorOf(caller.createGeneration(plain)))).toBe("IDEMPOTENCY_KEY_REUSED");
  });

  it("a track without what continues it, or of another engine, is a fault of the field", async () => {
    const request = { ...newTestJob().request, prompt: "made" };
    const at = { organizationId, userId: "user_1", request };
    const owner = await store.jobs.create(newTestJob({ ...at, engine: "elsewhere" }));
    const track = { id: "mtrack_old", engine: "elsewhere", artifact: "a" };
    await store.database.jobs.updateOne({ _id: owner.id }, { $set: { track: track as never } });
    const create = () => client.createGeneration({ ...valid, seedTrackId: track.id });
    const fault = { seed_track_id: "the track cannot be continued by the engine studio" };
    expect(await violationsOf(create())).toEqual(fault);
    await store.database.jobs.updateOne({ _id: owner.id }, { $set: { "track.engine": "studio" } });
    expect(await violationsOf(create())).toEqual(fault);
    const extras = [{ kind: "continuation" as const, stem: null, artifact: "b" }];
    await store.database.jobs.updateOne({ _id: owner.id }, { $set: { "track.extras": extras } });
    expect(await create()).toMatchObject({ seedTrackId: track.id });
  });

  it("a priority is kept, is normal without one, and is part of what an idempotency key stands for", async () => {
    const urgent = { ...valid, idempotencyKey: "urgent", priority: GenerationPriority.HIGH };
    const first = await client.createGeneration(urgent);
    expect(first.priority).toBe(GenerationPriority.HIGH);
    expect((await client.createGeneration(urgent)).id).toBe(first.id);
    const other = client.createGeneration({ ...urgent, priority: GenerationPriority.LOW });
    expect(reasonOf(await errorOf(other))).toBe("IDEMPOTENCY_KEY_REUSED");
    const plain = await client.createGeneration(valid);
    expect(plain.priority).toBe(GenerationPriority.NORMAL);
  });

  it("names every field that is wrong at once", async () => {
    const call = client.createGeneration({
      organizationId,
      engine: "nope",
      prompt: "  ",
      durationSeconds: 0,
      styleTags: ["ok", ""],
      title: "a\u0007b",
    });
    expect(Object.keys(await violationsOf(call)).sort()).toEqual([
      "duration_seconds",
      "engine",
      "prompt",
      "style_tags[1]",
      "title",
    ]);
  });

  it.each([
    [{ prompt: "" }, "prompt"],
    [{ prompt: "a\u0000b" }, "prompt"],
    [{ prompt: "x".repeat(1_000_000) }, "prompt"],
    [{ durationSeconds: -1 }, "duration_seconds"],
    [{ durationSeconds: undefined }, "duration_seconds"],
    [{ engine: "" }, "engine"],
    [{ engine: "other" }, "engine"],
    [{ mode: 9 as GenerationMode }, "mode"],
    [{ styleTags: Array.from({ length: 33 }, () => "x") }, "style_tags"],
    [{ idempotencyKey: "with space" }, "idempotency_key"],
  ])("%o is refused for %s", async (change, field) => {
    const call = client.createGeneration({ ...valid, ...change } as typeof valid);
    expect(Object.keys(await violationsOf(call))).toEqual([field]);
  });

  it("answers without queue facts rather than losing a job that is durable", async () => {
    const queueFacts = async () => {
      throw new ServiceError("service_unavailable");
    };
    const poor = createApi({ ...store, jobs: { ...store.jobs, queueFacts } }, [engine]);
    const job = await poor.clientWith({ "x-api-key": key }).createGeneration(valid);
    expect([job.status, job.queue]).toEqual([GenerationStatus.QUEUED, undefined]);
    expect((await client.getGeneration({ organizationId, jobId: job.id })).queue).toBeDefined();
  });

  it("line breaks and tabs in a prompt are fine", async () => {
    const job = await client.createGeneration({ ...valid, prompt: "verse:\n\train\r\n🎷" });
    expect(job.prompt).toBe("verse:\n\train\r\n🎷");
  });
});

describe("get, list and cancel", () => {
  it("a job of another caller is word for word one that never existed", async () => {
    const { key: otherKey } = await store.apiKeys.create(organizationId, "user_9");
    const other = api.clientWith({ "x-api-key": otherKey });
    const job = await client.createGeneration(valid);
    const hidden = { organizationId, jobId: job.id };
    const missing = { organizationId, jobId: "mgen_000000000000" };
    for (const method of ["getGeneration", "cancelGeneration"] as const) {
      const a = await errorOf(other[method](hidden));
      const b = await errorOf(other[method](missing));
      expect([a.code, a.rawMessage, reasonOf(a)]).toEqual([b.code, b.rawMessage, reasonOf(b)]);
      expect(a.code).toBe(Code.NotFound);
      expect(a.findDetails(ErrorInfoSchema)[0]?.metadata).toEqual({ job_id: job.id });
    }
    expect((await client.getGeneration(hidden)).status).toBe(GenerationStatus.QUEUED);
  });

  it("pages by token and by offset to the same jobs", async () => {
    const lister = api.clientWith({
      "x-api-key": (await store.apiKeys.create("org_list", "user_1")).key,
    });
    const request = { organizationId: "org_list" };
    for (let n = 0; n < 5; n++) await lister.createGeneration({ ...valid, ...request });
    const all = await lister.listGenerations(request);
    expect([all.jobs.length, all.limit, all.offset, all.nextPageToken]).toEqual([
      5,
      50,
      0,
      undefined,
    ]);
    const first = await lister.listGenerations({ ...request, limit: 2 });
    const pageToken = first.nextPageToken ?? "";
    const second = await lister.listGenerations({ ...request, limit: 2, pageToken });
    const skipped = await lister.listGenerations({ ...request, limit: 2, offset: 2 });
    expect(second.jobs).toEqual(skipped.jobs);
    expect([...first.jobs, ...second.jobs]).toEqual(all.jobs.slice(0, 4));
  });

  it.each([
    [{ limit: 0 }, "limit"],
    [{ limit: 101 }, "limit"],
    [{ offset: -1 }, "offset"],
    [{ pageToken: "nonsense" }, "page_token"],
  ])("list refuses %o", async (change, field) => {
    const call = client.listGenerations({ organizationId, ...change });
    expect(Object.keys(await violationsOf(call))).toEqual([field]);
  });

  it("cancel ends a queued job; a second one returns it unchanged", async () => {
    const { id: jobId } = await client.createGeneration(valid);
    const cancelled = await client.cancelGeneration({ organizationId, jobId });
    expect(cancelled.status).toBe(GenerationStatus.CANCELLED);
    expect(await client.cancelGeneration({ organizationId, jobId })).toEqual(cancelled);
  });

  it("cancel of a running job waits for the worker, but not longer than it may", async () => {
    const own = newEngine("waits");
    const { id: jobId } = await own.client.createGeneration({ ...valid, engine: "waits" });
    const [claim] = await store.jobs.claim("w", ["waits"], 1, true);
    const request = { organizationId, jobId };
    const impatient = await own.client.cancelGeneration({ ...request, waitSeconds: 0 });
    expect(impatient.status).toBe(GenerationStatus.RUNNING);
    expect(impatient.cancelRequestedAt).toBeDefined();
    const waiting = own.client.cancelGeneration({ ...request, waitSeconds: 30 });
    const receipt = { observedMsAgo: 1, checkpoint: "bar 2" };
    await store.jobs.exit(claim!.lease, { kind: "release", checkpoint: null }, receipt);
    expect(await waiting).toMatchObject({
      status: GenerationStatus.CANCELLED,
      cancelCheckpoint: "bar 2",
    });
  });

  it("cancel of a running job says what it did also when the service stops meanwhile", async () => {
    const own = newEngine("leaves");
    const { id: jobId } = await own.client.createGeneration({ ...valid, engine: "leaves" });
    await store.jobs.claim("w", ["leaves"], 1, true);
    const waiting = own.client.cancelGeneration({ organizationId, jobId, waitSeconds: 30 });
    own.stop();
    const { status, cancelRequestedAt } = await waiting;
    expect([status, cancelRequestedAt !== undefined]).toEqual([GenerationStatus.RUNNING, true]);
  });

  it("a job says what became of its attempts", async () => {
    const own = newEngine("attempts");
    const { id } = await own.client.createGeneration({ ...valid, engine: "attempts" });
    const [claim] = await store.jobs.claim("worker", ["attempts"], 1, true);
    const failure = { kind: "engine_transient", message: "The strings broke." } as const;
    await store.jobs.exit(claim!.lease, { kind: "retry", delayMs: 60_000, failure }, null);
    const { history } = await own.client.getGeneration({ organizationId, jobId: id });
    expect(history).toMatchObject([
      {
        outcome: AttemptOutcome.FAILED,
        failureKind: AttemptFailureKind.ENGINE_TRANSIENT,
        failureMessage: "The strings broke.",
      },
    ]);
  });

  it("create and get wait for the end of a job, too, and the wait is no part of the key", async () => {
    const own = newEngine("awaited");
    const request = { ...valid, engine: "awaited", idempotencyKey: "awaited" };
    const { id: jobId } = await own.client.createGeneration(request);
    const created = own.client.createGeneration({ ...request, waitSeconds: 30 });
    const got = own.client.getGeneration({ organizationId, jobId, waitSeconds: 30 });
    await own.client.cancelGeneration({ organizationId, jobId });
    for (const job of [await created, await got]) {
      expect(job).toMatchObject({ id: jobId, status: GenerationStatus.CANCELLED });
    }
  });

  it("a client that leaves while it waits for a new job loses nothing", async () => {
    const leaving = new AbortController();
    const create: JobStore["create"] = async (job) => {
      const made = await store.jobs.create(job);
      leaving.abort();
      return made;
    };
    const own = createApi({ ...store, jobs: { ...store.jobs, create } }, [engine]);
    const left = own.clientWith({ "x-api-key": key });
    const request = { ...valid, prompt: "left", idempotencyKey: "left", waitSeconds: 30 };
    const error = await errorOf(left.createGeneration(request, { signal: leaving.signal }));
    expect(error.code).toBe(Code.Canceled);
    const { jobs } = await client.listGenerations({ organizationId, limit: 1 });
    expect(jobs[0]).toMatchObject({ prompt: "left", status: GenerationStatus.QUEUED });
    const again = await client.createGeneration({ ...request, waitSeconds: 0 });
    expect(again.id).toBe(jobs[0]?.id);
  });

  it("a wait ends before the caller's deadline, so that the answer still comes", async () => {
    const sleeps: number[] = [];
    const sleep: Clock["sleep"] = async (ms, signal) => {
      // The others are those between two looks.
      if (ms < 5_000) return systemClock.sleep(ms, signal);
      sleeps.push(ms);
    };
    const own = newEngine("hurried", { ...systemClock, sleep });
    const request = { ...valid, engine: "hurried", waitSeconds: 30 };
    const { status } = await own.client.createGeneration(request, { timeoutMs: 25_000 });
    expect(status).toBe(GenerationStatus.QUEUED);
    await own.client.createGeneration(request);
    expect(sleeps).toEqual([expect.any(Number), 30_000]);
    expect(sleeps[0]).toBeLessThanOrEqual(24_750);
  });

  it("an active job comes with the time to ask again, one that has ended does not", async () => {
    const { id: jobId } = await client.createGeneration(valid);
    const headers: (string | null)[] = [];
    const onHeader = (header: Headers) => headers.push(header.get("retry-after"));
    await client.getGeneration({ organizationId, jobId }, { onHeader });
    await client.cancelGeneration({ organizationId, jobId });
    await client.getGeneration({ organizationId, jobId }, { onHeader });
    expect(headers).toEqual([expect.stringMatching(/^[1-9]\d?$/), null]);
  });

  it("an unknown track is not found", async () => {
    const error = await errorOf(client.getTrack({ organizationId, trackId: "mtrack_0" }));
    expect(error.code).toBe(Code.NotFound);
  });
});

function newEngine(engineKey: string, clock: Clock = systemClock) {
  const own = createApi(store, [new ScriptedEngine(engineKey)], clock);
  return { ...own, client: own.clientWith({ "x-api-key": key }) };
}

describe("watch", () => {
  it("yields rising versions, and the terminal one last and once", async () => {
    const own = newEngine("watched");
    const { id: jobId } = await own.client.createGeneration({ ...valid, engine: "watched" });
    const versions: number[] = [];
    const statuses: GenerationStatus[] = [];
    for await (const job of own.client.watchGeneration({ organizationId, jobId })) {
      versions.push(job.version);
      statuses.push(job.status);
      if (job.status === GenerationStatus.QUEUED) {
        await store.jobs.claim("w", ["watched"], 1, true);
      }
      if (job.status === GenerationStatus.RUNNING) {
        await store.jobs.requestCancel({ organizationId, userId: "user_1" }, jobId);
        await store.database.jobs.updateOne({ _id: jobId }, [
          { $set: { "lease.expiresAt": new Date(0) } },
        ]);
        await store.jobs.sweepLapsed();
      }
    }
    expect(versions).toEqual([...new Set(versions)].sort((a, b) => a - b));
    expect(statuses.at(-1)).toBe(GenerationStatus.CANCELLED);
    expect(statuses.filter((status) => status === GenerationStatus.CANCELLED)).toHaveLength(1);
    const afterVersion = versions.at(-1) ?? 0;
    const again: unknown[] = [];
    const request = { organizationId, jobId, afterVersion };
    for await (const job of own.client.watchGeneration(request)) again.push(job);
    expect(again).toEqual([]);
  });

  it("ends when the key is revoked, or the membership", async () => {
    const own = newEngine("revoked");
    const { id: jobId } = await own.client.createGeneration({ ...valid, engine: "revoked" });
    const endings = [
      async ({ id }: NewApiKey) => void (await store.apiKeys.revoke(id)),
      async () => void (await store.organizations.removeMember(organizationId, "user_1")),
    ];
    const reasons: (string | undefined)[] = [];
    for (const end of endings) {
      const made = await store.apiKeys.create(organizationId, "user_1");
      const watching = own.clientWith({ "x-api-key": made.key }).watchGeneration({
        organizationId,
        jobId,
      });
      const states = watching[Symbol.asyncIterator]();
      await states.next();
      await end(made);
      reasons.push(reasonOf(await errorOf(states.next())));
    }
    await store.organizations.addMember(organizationId, "user_1");
    expect(reasons).toEqual(["AUTHENTICATION_REQUIRED", "ORGANIZATION_ACCESS_DENIED"]);
  });

  it("of an unknown job is not found", async () => {
    const watched = client.watchGeneration({ organizationId, jobId: "mgen_0" });
    const error = await errorOf(watched[Symbol.asyncIterator]().next());
    expect(error.code).toBe(Code.NotFound);
  });

  it("tells watchers to come again when the service stops", async () => {
    const own = newEngine("stops");
    const { id: jobId } = await own.client.createGeneration({ ...valid, engine: "stops" });
    const states = own.client.watchGeneration({ organizationId, jobId })[Symbol.asyncIterator]();
    await states.next();
    own.stop();
    const error = await errorOf(states.next());
    expect([error.code, reasonOf(error)]).toEqual([Code.Unavailable, "SERVICE_UNAVAILABLE"]);
    expect(error.findDetails(RetryInfoSchema)).toHaveLength(1);
  });
});

describe("errors", () => {
  it("carry the request id of the caller and a sentence for users", async () => {
    const own = api.clientWith({ "x-api-key": key, "x-request-id": "req_mine" });
    const error = await errorOf(own.getGeneration({ organizationId, jobId: "mgen_0" }));
    expect(error.findDetails(RequestInfoSchema)[0]?.requestId).toBe("req_mine");
    expect(error.findDetails(LocalizedMessageSchema)[0]?.message).toBe(
      "The requested resource could not be found.",
    );
  });
});
