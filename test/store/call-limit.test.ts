/** The limit of each call of the database: which calls it holds for, and what it lets through. */
import { expect, it } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import { TimeUp } from "../../src/base/time-limit.ts";
import { withCallLimit } from "../../src/store/call-limit.ts";
import { openTestStore } from "../support/store.ts";

const { database } = await openTestStore();
const limited = withCallLimit(database, systemClock, 60_000);
/** Whose time is up at once. */
const late = withCallLimit(database, { ...systemClock, sleep: async () => {} }, 7);

it("answers and errors pass, and cursors keep their methods", async () => {
  const { workers } = limited;
  const worker = { engines: [], concurrency: 1, seenAt: new Date(0) };
  await workers.insertOne({ _id: "a", ...worker });
  await workers.insertOne({ _id: "b", ...worker });
  const newestFirst = workers.find().sort({ _id: -1 }).limit(1);
  expect(await newestFirst.toArray()).toMatchObject([{ _id: "b" }]);
  const grouped = workers.aggregate([{ $group: { _id: null, count: { $sum: 1 } } }]);
  expect(await grouped.toArray()).toEqual([{ _id: null, count: 2 }]);
  await expect(workers.insertOne({ _id: "a", ...worker })).rejects.toMatchObject({ code: 11_000 });
  expect(await limited.db.command({ ping: 1 })).toMatchObject({ ok: 1 });
});

it.each([
  ["a write", () => late.jobs.updateOne({ _id: "none" }, { $set: { slot: 1 } })],
  ["a look", () => late.jobs.findOne({})],
  ["a sorted cursor", () => late.jobs.find().sort({ _id: 1 }).skip(1).limit(1).toArray()],
  ["an aggregate", () => late.jobs.aggregate([]).toArray()],
  ["a command", () => late.db.command({ ping: 1 })],
])("%s ends when its time is up", async (_, call) => {
  const error = await call().catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(TimeUp);
  expect(error).toMatchObject({ message: "the database did not answer within 7 ms" });
});
