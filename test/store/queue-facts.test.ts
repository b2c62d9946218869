/** What the store sees around a job, in a real mongod. */
import { expect, it } from "vitest";
import { newTestJob, openTestStore, request } from "../support/store.ts";

const { jobs, database, organizations } = await openTestStore({ defaultCap: 1 });
const scope = { organizationId: "org_a", userId: "user_1" };

async function create(engine: string, organizationId = "org_a", durationSeconds = 10) {
  const change = { engine, organizationId, request: { ...request, durationSeconds } };
  return jobs.create(newTestJob(change));
}

it("places a job among those of its organization for the engine, whoever asked for them", async () => {
  const first = await create("place");
  await create("place", "org_b");
  await create("other");
  const second = await create("place");
  expect(await jobs.queueFacts(first)).toMatchObject({ position: 1, waitReason: "no_worker" });
  expect(await jobs.queueFacts(second)).toMatchObject({ position: 2 });
  await jobs.requestCancel(scope, first.id);
  expect(await jobs.queueFacts(second)).toMatchObject({ position: 1 });
});

it("says what a job waits for: a worker, its organization's cap, others", async () => {
  const engine = "reason";
  const running = await create(engine);
  const waiting = await create(engine);
  expect(await jobs.queueFacts(waiting)).toMatchObject({ waitReason: "no_worker" });
  await jobs.announce({ owner: "w", engines: [engine], concurrency: 4 });
  expect(await jobs.queueFacts(waiting)).toMatchObject({ waitReason: "behind_others" });
  const [claim] = await jobs.claim("w", [engine], 1, true);
  expect(claim?.job.id).toBe(running.id);
  expect(await jobs.queueFacts(waiting)).toMatchObject({ waitReason: "cap", position: 1 });
  await organizations.addMember("org_a", "user_1");
  await organizations.setCap("org_a", 2);
  expect(await jobs.queueFacts(waiting)).toMatchObject({ waitReason: "behind_others" });
  await jobs.withdraw("w");
  expect(await jobs.queueFacts(waiting)).toMatchObject({ waitReason: "no_worker" });
  const facts = await jobs.queueFacts(claim!.job);
  expect(facts).toMatchObject({ position: null, waitReason: null });
});

it("a worker that was not heard of is not there", async () => {
  const waiting = await create("silent");
  await jobs.announce({ owner: "silent", engines: ["silent"], concurrency: 1 });
  await database.workers.updateOne({ _id: "silent" }, { $set: { seenAt: new Date(0) } });
  expect(await jobs.queueFacts(waiting)).toMatchObject({ waitReason: "no_worker" });
  await jobs.announce({ owner: "another", engines: [], concurrency: 1 });
  expect(await database.workers.countDocuments({ _id: "silent" })).toBe(0);
});

it("estimates by the pace of recent jobs of the engine", async () => {
  const engine = "pace";
  await jobs.announce({ owner: "p", engines: [engine], concurrency: 4 });
  for (const seconds of [1, 2, 4]) {
    const { id } = await create(engine, "org_pace");
    const endedAt = new Date();
    const startedAt = new Date(endedAt.getTime() - seconds * 1_000);
    const done = { status: "succeeded", phase: "ended", startedAt, endedAt } as const;
    await database.jobs.updateOne({ _id: id }, { $set: done });
  }
  const facts = await jobs.queueFacts(await create(engine, "org_pace", 20));
  const { p50, p90 } = facts?.estimatedEnd ?? {};
  // Ten seconds of music took 2 s in the median and 4 s at worst; twenty take twice that.
  expect((p90?.getTime() ?? 0) - (p50?.getTime() ?? 0)).toBe(4_000);
});

it("counts a long queue, and takes its length from the jobs at its head", async () => {
  const engine = "long";
  await jobs.announce({ owner: "l", engines: [engine], concurrency: 4 });
  const template = await create(engine, "org_long", 30);
  const document = await database.jobs.findOne({ _id: template.id });
  const rank = (n: number) => new Date(template.createdAt.getTime() - 60_000 + n);
  const ahead = Array.from({ length: 1_000 }, (_, n) => ({
    ...document!,
    _id: `mgen_long_${n}`,
    rank: rank(n),
  }));
  await database.jobs.insertMany(ahead);
  for (const n of [1, 2, 3]) {
    const endedAt = new Date(Date.UTC(2026, 0, n));
    const startedAt = new Date(endedAt.getTime() - 30_000);
    const done = { status: "succeeded", phase: "ended", startedAt, endedAt } as const;
    await database.jobs.updateOne({ _id: `mgen_long_${n}` }, { $set: done });
  }
  const facts = await jobs.queueFacts(template);
  expect(facts).toMatchObject({ position: 998 });
  // One at a time, as fast as they play: 997 of 30 s before it, to the quarter of an hour.
  const hours = ((facts?.estimatedStart?.p50.getTime() ?? 0) - Date.now()) / 3_600_000;
  expect(hours).toBeGreaterThan(8.3);
  expect(hours).toBeLessThan(9.4);
});
