/** How many jobs are active, for those who watch over the service. */
import type { Clock } from "../base/clock.ts";
import { active } from "../generations/state.ts";
import type { QueueDepth } from "../generations/telemetry.ts";
import type { Database } from "./database.ts";

/** A long queue is counted at most this often, in milliseconds. */
const keptMs = 10_000;

async function look({ jobs }: Database): Promise<QueueDepth[]> {
  const age = { $divide: [{ $subtract: ["$$NOW", "$oldest"] }, 1_000] };
  const byEngineAndPhase = {
    _id: { engine: "$engine", phase: "$phase" },
    jobs: { $sum: 1 },
    oldest: { $min: "$createdAt" },
  };
  const found = jobs.aggregate<QueueDepth>(
    [
      { $match: { phase: { $in: active } } },
      { $group: byEngineAndPhase },
      {
        $project: {
          _id: 0,
          engine: "$_id.engine",
          phase: "$_id.phase",
          jobs: 1,
          oldestSeconds: age,
        },
      },
    ],
    { hint: "overdue" },
  );
  return await found.toArray();
}

/** Looks at the queue, or answers what was found a moment ago. */
export function createQueueDepths(database: Database, clock: Clock): () => Promise<QueueDepth[]> {
  let last: { readonly at: number; readonly found: Promise<QueueDepth[]> } | null = null;
  return () => {
    const now = clock.monotonicMs();
    if (last === null || now - last.at > keptMs) {
      last = { at: now, found: look(database) };
      last.found.catch(() => {
        last = null;
      });
    }
    return last.found;
  };
}
