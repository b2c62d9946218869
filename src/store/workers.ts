/** Which workers are there: each says so every few seconds, and what it can run. */
import type { WorkerPresence } from "../generations/job-store.ts";
import type { Database } from "./database.ts";

/** A worker that was not heard of for so long is not there, in milliseconds. */
const heardWithinMs = 15_000;
/** What is left of one that died is forgotten after this. */
const forgottenAfterMs = 3_600_000;

/** Notes that the worker is there, by the database's clock. */
export async function announce({ workers }: Database, worker: WorkerPresence): Promise<void> {
  const { owner, engines, concurrency } = worker;
  await workers.updateOne(
    { _id: owner },
    [{ $set: { engines: { $literal: engines }, concurrency, seenAt: "$$NOW" } }],
    { upsert: true, writeConcern: { w: 1 } },
  );
  const gone = { $lt: ["$seenAt", { $subtract: ["$$NOW", forgottenAfterMs] }] };
  await workers.deleteMany({ $expr: gone });
}

/** Notes that the worker is gone. */
export async function withdraw({ workers }: Database, owner: string): Promise<void> {
  await workers.deleteOne({ _id: owner });
}

/** What the workers that are there can run of this engine at once, and the database's time. */
export async function liveCapacity(
  { db, workers }: Database,
  engine: string,
): Promise<{ now: Date; capacity: number }> {
  const heard = { $gt: ["$seenAt", { $subtract: ["$$NOW", heardWithinMs] }] };
  const found = await workers
    .aggregate<{ now: Date; capacity: number }>([
      { $match: { engines: engine, $expr: heard } },
      { $group: { _id: null, capacity: { $sum: "$concurrency" }, now: { $max: "$$NOW" } } },
    ])
    .toArray();
  if (found[0] !== undefined) return found[0];
  const { localTime } = await db.command({ hello: 1 });
  return { capacity: 0, now: localTime as Date };
}
