/** A caller's bounds reach the database: the deadline with every command, the signal with every read. */
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ServiceError } from "../../src/generations/failures.ts";
import { readBounds, writeBounds } from "../../src/store/bounds.ts";
import { withUnavailability } from "../../src/store/unavailable.ts";
import { newTestJob, openTestStore } from "../support/store.ts";

const store = await openTestStore();
const { jobs } = store;
const { db } = store.database;
const scope = { organizationId: "org_a", userId: "user_1" };
const page = { status: null, limit: 10, offset: 0, after: null };
const bounds = (timeoutMs: number | undefined, signal = new AbortController().signal) => ({
  signal,
  timeoutMs: () => timeoutMs,
});

type Bounds = ReturnType<typeof bounds>;

const reads: Readonly<Record<string, (given: Bounds) => Promise<unknown>>> = {
  get: (given) => jobs.get(scope, "mgen_none", given),
  list: (given) => jobs.list(scope, page, given),
  findByTrack: (given) => jobs.findByTrack(scope, "mtrack_none", given),
  queueFacts: async (given) => jobs.queueFacts(await jobs.create(newTestJob()), given),
};
const writes: Readonly<Record<string, (given: Bounds) => Promise<unknown>>> = {
  create: (given) => jobs.create(newTestJob(), given),
  requestCancel: (given) => jobs.requestCancel(scope, "mgen_none", given),
  deleteEnded: (given) => jobs.deleteEnded(scope, "mgen_none", given).catch(() => null),
  deleteTrack: (given) => jobs.deleteTrack(scope, "mtrack_none", given).catch(() => null),
};

/**
 * The `maxTimeMS` of the commands since the last look, as the server profiled them, but for that of the
 * change feed, which is how long the server may wait for a change.
 */
async function limitsSeen(): Promise<number[]> {
  const limited = { "command.maxTimeMS": { $gt: 0 }, op: { $ne: "getmore" } };
  const found = db.collection("system.profile").find(limited);
  return (await found.toArray()).map(({ command }) => command.maxTimeMS as number);
}

beforeAll(() => db.setProfilingLevel("all"));
beforeEach(async () => {
  await db.setProfilingLevel("off");
  await db.collection("system.profile").drop();
  await db.setProfilingLevel("all");
});

describe.each([...Object.entries(reads), ...Object.entries(writes)])("%s", (_name, call) => {
  it("tells the server how long the caller waits", async () => {
    await call(bounds(54_321.9));
    expect(await limitsSeen()).toContain(54_321);
  });

  it("tells nothing for a caller without a deadline", async () => {
    await call(bounds(undefined));
    expect(await limitsSeen()).toEqual([]);
  });
});

// Not by the profile: a call whose one millisecond has passed is not always in it.
it.each([-3, 0, 0.5])("a deadline in %d ms is never told as none", (timeoutMs) => {
  expect(readBounds(bounds(timeoutMs))).toMatchObject({ maxTimeMS: 1 });
  expect(writeBounds(bounds(timeoutMs))).toEqual({ maxTimeMS: 1 });
});

it.each(Object.entries(reads))("%s ends with the signal's reason", async (_name, call) => {
  const reason = new Error("left");
  await expect(call(bounds(undefined, AbortSignal.abort(reason)))).rejects.toBe(reason);
});

it("a write is made although its caller left", async () => {
  const job = newTestJob();
  await jobs.create(job, bounds(undefined, AbortSignal.abort(new Error("left"))));
  expect(await jobs.get(scope, job.id)).toMatchObject({ id: job.id });
});

it("a deadline that passes in the database is the caller's", async () => {
  const slow = withUnavailability({
    find: () =>
      db.collection("jobs").find({ $where: "sleep(50) || true" }, { maxTimeMS: 1 }).toArray(),
  });
  await jobs.create(newTestJob());
  const error = await slow.find().catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(ServiceError);
  expect(error).toMatchObject({ kind: "deadline_exceeded" });
});
