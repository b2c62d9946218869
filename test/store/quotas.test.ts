/** Quotas of new jobs over a real database, with several processes at once. */
import { describe, expect, it, vi } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import { systemRandom } from "../../src/base/random.ts";
import { newId } from "../../src/generations/identifiers.ts";
import { createStore, type Store } from "../../src/store/index.ts";
import { newTestJob, openTestStore, request, silentLog, testLimits } from "../support/store.ts";

const { database } = await openTestStore();
const plenty = 1_000_000;

/** Another process, with these defaults. */
function processWith(quotas: { queuedJobs?: number; audioSecondsPerDay?: number }): Store {
  const ports = { clock: systemClock, random: systemRandom, log: silentLog };
  const all = { queuedJobs: plenty, audioSecondsPerDay: plenty, ...quotas };
  return createStore(database, ports, { ...testLimits, quotas: all });
}

let organizations = 0;
async function newOrganization({ organizations: store }: Store): Promise<string> {
  organizations += 1;
  await store.addMember(`org_${organizations}`, "user_1");
  return `org_${organizations}`;
}

/** So many creates at once, spread over the stores; the ids of those that were accepted. */
async function createAtOnce(stores: readonly Store[], organizationId: string, count: number) {
  const creates = Array.from({ length: count }, (_, n) =>
    (stores[n % stores.length] as Store).jobs.create(newTestJob({ organizationId })),
  );
  const settled = await Promise.allSettled(creates);
  for (const each of settled) {
    if (each.status === "rejected") expect(each.reason).toMatchObject({ code: "QUOTA_EXCEEDED" });
  }
  return settled.flatMap((each) => (each.status === "fulfilled" ? [each.value.id] : []));
}

const scopeOf = (organizationId: string) => ({ organizationId, userId: "user_1" });
const refusal = (quota: string) => ({
  code: "QUOTA_EXCEEDED",
  details: expect.objectContaining({ quota }),
});

describe("jobs that wait", () => {
  it("are as many as the quota says, one after the other; others have their own", async () => {
    const store = processWith({ queuedJobs: 20 });
    const organizationId = await newOrganization(store);
    for (let n = 0; n < 20; n += 1) await store.jobs.create(newTestJob({ organizationId }));
    await expect(store.jobs.create(newTestJob({ organizationId }))).rejects.toMatchObject({
      ...refusal("queued_jobs"),
      retryAfterSeconds: 10,
    });
    const other = await newOrganization(store);
    await store.jobs.create(newTestJob({ organizationId: other }));
  });

  it("make room when they begin or are cancelled", async () => {
    const store = processWith({ queuedJobs: 2 });
    const organizationId = await newOrganization(store);
    const [first] = await createAtOnce([store], organizationId, 1);
    await store.jobs.create(newTestJob({ organizationId }));
    const again = () => store.jobs.create(newTestJob({ organizationId }));
    await expect(again()).rejects.toMatchObject(refusal("queued_jobs"));
    await store.jobs.requestCancel(scopeOf(organizationId), first ?? "");
    await vi.waitFor(again, { timeout: 20_000 });
    await expect(again()).rejects.toMatchObject(refusal("queued_jobs"));
    await store.jobs.claim("w", ["studio"], 100, true, [organizationId]);
    await vi.waitFor(again, { timeout: 20_000 });
  });

  it.each([1, 2, 4])("of %i processes that create at once are within the bound", async (count) => {
    const stores = Array.from({ length: count }, () => processWith({ queuedJobs: 40 }));
    const organizationId = await newOrganization(stores[0] as Store);
    const accepted = (await createAtOnce(stores, organizationId, 120)).length;
    expect(accepted).toBeGreaterThanOrEqual(40);
    expect(accepted).toBeLessThanOrEqual(40 + (count - 1) * 2);
    expect(await database.jobs.countDocuments({ org: organizationId })).toBe(accepted);
  });

  it("heed the organization's own quota, soon after it is set", async () => {
    const store = processWith({ queuedJobs: 1 });
    const organizationId = await newOrganization(store);
    const again = () => store.jobs.create(newTestJob({ organizationId }));
    await again();
    await expect(again()).rejects.toMatchObject(refusal("queued_jobs"));
    await store.organizations.setLimit(organizationId, "queuedJobs", 3);
    await vi.waitFor(again, { timeout: 20_000 });
  });
});

describe("seconds of audio in a day", () => {
  it("are never more than the quota, over all processes", async () => {
    // Of five seconds each: 20 jobs, and three seconds that are left.
    const stores = Array.from({ length: 3 }, () => processWith({ audioSecondsPerDay: 103 }));
    const organizationId = await newOrganization(stores[0] as Store);
    expect(await createAtOnce(stores, organizationId, 60)).toHaveLength(20);
    const [store] = stores as [Store];
    await expect(store.jobs.create(newTestJob({ organizationId }))).rejects.toMatchObject({
      ...refusal("audio_seconds_per_day"),
      details: { limit: "103", used: "100", organization_id: organizationId },
    });
    const short = { ...request, durationSeconds: 3 };
    await store.jobs.create(newTestJob({ organizationId, request: short }));
  });

  it("are to be had again after the day's end by the database's clock", async () => {
    const store = processWith({ audioSecondsPerDay: 9 });
    const organizationId = await newOrganization(store);
    const again = () => store.jobs.create(newTestJob({ organizationId }));
    await again();
    const error = await again().catch((reason: unknown) => reason);
    expect(error).toMatchObject(refusal("audio_seconds_per_day"));
    const { retryAfterSeconds } = error as { retryAfterSeconds: number };
    expect(retryAfterSeconds).toBeGreaterThanOrEqual(1);
    expect(retryAfterSeconds).toBeLessThanOrEqual(86_400);
    await database.organizations.updateOne({ _id: organizationId }, [
      { $set: { "usage.day": { $subtract: ["$usage.day", 86_400_000] } } },
    ]);
    await again();
    await expect(again()).rejects.toMatchObject(refusal("audio_seconds_per_day"));
  });

  it("heed the organization's own quota at once", async () => {
    const store = processWith({ audioSecondsPerDay: 4 });
    const organizationId = await newOrganization(store);
    const again = () => store.jobs.create(newTestJob({ organizationId }));
    await expect(again()).rejects.toMatchObject(refusal("audio_seconds_per_day"));
    await store.organizations.setLimit(organizationId, "audioSecondsPerDay", 5);
    await again();
  });

  it("come back from a job that is cancelled before it began, once, and from no other", async () => {
    const store = processWith({ audioSecondsPerDay: 10 });
    const organizationId = await newOrganization(store);
    const scope = scopeOf(organizationId);
    const used = async () =>
      (await database.organizations.findOne({ _id: organizationId }))?.usage?.seconds;
    const waiting = await store.jobs.create(newTestJob({ organizationId }));
    const begun = await store.jobs.create(newTestJob({ organizationId }));
    expect(await used()).toBe(10);
    await store.jobs.requestCancel(scope, waiting.id);
    await store.jobs.requestCancel(scope, waiting.id);
    expect(await used()).toBe(5);
    await store.jobs.claim("w", ["studio"], 100, true, [organizationId]);
    expect((await store.jobs.get(scope, begun.id))?.status).toBe("running");
    await store.jobs.requestCancel(scope, begun.id);
    expect(await used()).toBe(5);
  });

  it("do not come back from a job that is cancelled between two attempts", async () => {
    const store = processWith({});
    const organizationId = await newOrganization(store);
    const { id } = await store.jobs.create(newTestJob({ organizationId }));
    const claims = await store.jobs.claim("w", ["studio"], 100, true, [organizationId]);
    const lease = claims.find(({ job }) => job.id === id)?.lease;
    if (lease === undefined) throw new Error("the job was not claimed");
    const failure = { kind: "engine_transient", message: "try again" } as const;
    await store.jobs.exit(lease, { kind: "retry", delayMs: 60_000, failure }, null);
    const cancelled = await store.jobs.requestCancel(scopeOf(organizationId), id);
    expect(cancelled?.status).toBe("cancelled");
    const record = await database.organizations.findOne({ _id: organizationId });
    expect(record?.usage?.seconds).toBe(5);
  });
});

describe("a repeat of an accepted create", () => {
  const idempotency = { key: "once", hash: "h" };

  it("is answered though the quotas are used up, and takes nothing from them", async () => {
    const store = processWith({ queuedJobs: 1, audioSecondsPerDay: 5 });
    const organizationId = await newOrganization(store);
    const made = await store.jobs.create(newTestJob({ organizationId, idempotency }));
    for (let n = 0; n < 5; n += 1) {
      const again = await store.jobs.create(newTestJob({ organizationId, idempotency }));
      expect(again.id).toBe(made.id);
    }
    const other = newTestJob({ organizationId, idempotency: { key: "once", hash: "other" } });
    await expect(store.jobs.create(other)).rejects.toMatchObject({
      code: "IDEMPOTENCY_KEY_REUSED",
    });
  });

  it("takes nothing from quotas that have room, either", async () => {
    const store = processWith({ audioSecondsPerDay: 1_000 });
    const organizationId = await newOrganization(store);
    const job = () => newTestJob({ organizationId, idempotency, id: newId(systemRandom, "mgen") });
    const repeats = await Promise.all(Array.from({ length: 8 }, () => store.jobs.create(job())));
    expect(new Set(repeats.map(({ id }) => id)).size).toBe(1);
    const record = await database.organizations.findOne({ _id: organizationId });
    expect(record?.usage?.seconds).toBe(5);
  });
});
