/** The limits of callers, the same over every face. */
import { afterAll, describe, expect, it } from "vitest";
import { MusicGenerations } from "../../gen/music/v1/music_generations_pb.ts";
import { all, codeOn, type Face, Failure, failureOf } from "./face.ts";
import { faces } from "./faces.ts";
import { startWorld, type World } from "./world.ts";

const perKey = 30;
const world = await startWorld({ settings: { KEY_CALLS_PER_MINUTE: String(perKey) } });
const { getGeneration } = MusicGenerations.method;

/** A call that is answered RESOURCE_NOT_FOUND once it is let in. */
async function knock(face: Face, organization_id: string, key: string): Promise<Failure> {
  const fields = { organization_id, job_id: "mgen_other" };
  const failure = await face.unary(getGeneration, fields, { key }).catch((error: unknown) => error);
  if (failure instanceof Failure) return failure;
  throw failure;
}

/** How many calls are let in before one is not, and that one; a minute may end in between, once. */
async function knockUntilRefused(call: () => Promise<Failure>, limit: number) {
  for (let admitted = 0; ; admitted += 1) {
    const failure = await call();
    if (failure.reason === "RATE_LIMIT_EXCEEDED") return { admitted, failure };
    expect(failure.reason).toBe("RESOURCE_NOT_FOUND");
    expect(admitted).toBeLessThanOrEqual(2 * limit);
  }
}

function expectRefusal(face: Face, failure: Failure): void {
  expect(failure.code).toBe(codeOn(face, "RATE_LIMIT_EXCEEDED"));
  expect(failure.retryAfterSeconds).toBeGreaterThanOrEqual(1);
  expect(failure.retryAfterSeconds).toBeLessThanOrEqual(60);
}

const quotas = [
  ["queuedJobs", 1, "queued_jobs"],
  ["audioSecondsPerDay", 9, "audio_seconds_per_day"],
] as const;

type Case = (face: Face, world: World) => Promise<void>;

const cases: Readonly<Record<string, Case>> = {
  async "calls of an organization: RATE_LIMIT_EXCEEDED, and its own limit without a restart"(face) {
    const { organization_id, key } = await world.newcomer();
    const { organizations } = world;
    await organizations.setLimit(organization_id, "callsPerMinute", 3);
    const call = () => knock(face, organization_id, key);
    const { admitted, failure } = await knockUntilRefused(call, 3);
    expect(admitted).toBeGreaterThanOrEqual(3);
    expectRefusal(face, failure);
    await organizations.setLimit(organization_id, "callsPerMinute", null);
    expect((await call()).reason).toBe("RESOURCE_NOT_FOUND");
  },

  async "calls of a key, whatever organization they are for: RATE_LIMIT_EXCEEDED"(face) {
    const { key } = await world.newcomer();
    const call = async () => {
      const failure = await knock(face, "org_of_others", key);
      // The others' organization is closed to it, and says so as long as it may ask.
      expect(failure.reason).not.toBe("RESOURCE_NOT_FOUND");
      return failure.reason === "ORGANIZATION_ACCESS_DENIED"
        ? Object.assign(failure, { reason: "RESOURCE_NOT_FOUND" })
        : failure;
    };
    const { admitted, failure } = await knockUntilRefused(call, perKey);
    expect(admitted).toBeGreaterThanOrEqual(perKey);
    expectRefusal(face, failure);
  },

  async "a stream counts when it opens"(face) {
    const { organization_id, key } = await world.newcomer();
    await world.organizations.setLimit(organization_id, "callsPerMinute", 2);
    const fields = { organization_id, job_id: "mgen_other" };
    const call = async () => {
      const failure = await all(face.watch(fields, { key })).catch((error: unknown) => error);
      if (failure instanceof Failure) return failure;
      throw failure;
    };
    const { admitted, failure } = await knockUntilRefused(call, 2);
    expect(admitted).toBeGreaterThanOrEqual(2);
    expectRefusal(face, failure);
  },

  async "a quota that is used up: QUOTA_EXCEEDED, but for a repeat"(face) {
    const { createGeneration } = MusicGenerations.method;
    for (const [limit, most, quota] of quotas) {
      const { organization_id, key } = await world.newcomer();
      await world.organizations.setLimit(organization_id, limit, most);
      const song = { organization_id, engine: "studio", prompt: "rain", duration_seconds: 5 };
      const first = { ...song, idempotency_key: "first" };
      const { state } = await face.unary(createGeneration, first, { key });
      const failure = await failureOf(face.unary(createGeneration, song, { key }));
      expect(failure).toMatchObject({ reason: "QUOTA_EXCEEDED", quota });
      expect(failure.code).toBe(codeOn(face, "QUOTA_EXCEEDED"));
      expect(failure.retryAfterSeconds).toBeGreaterThanOrEqual(1);
      const again = await face.unary(createGeneration, first, { key });
      expect(again.state.id).toBe(state.id);
    }
  },

  async "an answer says where the caller stands"(face) {
    const { organization_id, key } = await world.newcomer();
    const song = { organization_id, engine: "studio", prompt: "rain", duration_seconds: 5 };
    const { rateLimit } = await face.unary(
      MusicGenerations.method.createGeneration,
      { ...song },
      { key },
    );
    expect(rateLimit).toMatch(/^"key";r=29;t=\d+, "organization";r=59999;t=\d+$/);
  },
};

describe.each(Object.entries(faces))("%s", (_name, open) => {
  const face = open(world.endpoints);
  afterAll(() => face.close());
  it.each(Object.entries(cases))("%s", (_case, run) => run(face, world));
});

describe("on REST", () => {
  const get = (organization: string, key: string) =>
    fetch(`${world.endpoints.url}/v1/music/${organization}/generations/mgen_other`, {
      headers: { "x-api-key": key },
    });

  it("errors and refusals have the fields, too, and a refusal the envelope", async () => {
    const { organization_id, key } = await world.newcomer();
    await world.organizations.setLimit(organization_id, "callsPerMinute", 1);
    const first = await get(organization_id, key);
    expect(first.status).toBe(404);
    expect(first.headers.get("ratelimit-policy")).toBe('"key";q=30;w=60, "organization";q=1;w=60');
    let refused = await get(organization_id, key);
    // A minute may have ended in between.
    if (refused.status === 404) refused = await get(organization_id, key);
    expect(refused.status).toBe(429);
    expect(refused.headers.get("ratelimit")).toMatch(/"organization";r=0;t=\d+$/);
    const t = /t=(\d+)$/.exec(refused.headers.get("ratelimit") ?? "")?.[1];
    expect(refused.headers.get("retry-after")).toBe(t);
    expect(await refused.json()).toMatchObject({
      error: {
        code: "RATE_LIMIT_EXCEEDED",
        type: "rate_limit_error",
        details: { policy: "organization", limit: "1", window_seconds: "60" },
      },
    });
  });

  it("a caller who is not let in uses up nobody's limit", async () => {
    const { organization_id, key } = await world.newcomer();
    await world.organizations.setLimit(organization_id, "callsPerMinute", 1);
    const stranger = await world.newcomer();
    for (let n = 0; n < 5; n += 1) {
      expect((await get(organization_id, stranger.key)).status).toBe(403);
    }
    expect((await get(organization_id, key)).status).toBe(404);
  });
});

it("a unary refusal of Connect has the fields and Retry-After as headers", async () => {
  const { organization_id, key } = await world.newcomer();
  await world.organizations.setLimit(organization_id, "callsPerMinute", 1);
  const call = () =>
    fetch(`${world.endpoints.url}/music.v1.MusicGenerations/GetGeneration`, {
      method: "POST",
      headers: { "x-api-key": key, "content-type": "application/json" },
      body: JSON.stringify({ organizationId: organization_id, jobId: "mgen_other" }),
    });
  let refused = await call();
  while (refused.status === 404) refused = await call();
  expect(refused.status).toBe(429);
  expect(refused.headers.get("ratelimit")).toMatch(/"organization";r=0;t=\d+$/);
  expect(refused.headers.get("retry-after")).toMatch(/^\d+$/);
});
