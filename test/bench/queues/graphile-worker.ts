/** graphile-worker as it comes, with 64 jobs at once; `graphile-worker-batched.ts` adds its batching. */
import { Logger, makeWorkerUtils, type Runner, run } from "graphile-worker";
import { openDatabase } from "./postgres.ts";
import {
  concurrency,
  inChunks,
  organizationOf,
  payload,
  type Queue,
  type QueueOptions,
} from "./queue.ts";

const task = "generate";
const logger = new Logger(() => () => {});

export function open(options: QueueOptions): Promise<Queue> {
  return openWith(options, {});
}

/** @param batching the preset's options for it, see https://worker.graphile.org/docs/performance */
export async function openWith(options: QueueOptions, batching: object): Promise<Queue> {
  const database = await openDatabase(options);
  const connection = { connectionString: database.url, maxPoolSize: concurrency + 1 };
  const utils = await makeWorkerUtils({ ...connection, logger });
  await utils.migrate();
  let runner: Runner | null = null;
  let created = 0;
  const data = (n: number) => ({ ...payload, organization: organizationOf(n) });
  return {
    fill: (count) =>
      inChunks(count, 5_000, (numbers) =>
        utils.addJobs(numbers.map((n) => ({ identifier: task, payload: data(n) }))),
      ),
    create: async () => void (await utils.addJob(task, data(created++))),
    async work(onJob) {
      runner = await run({
        preset: {
          worker: { ...connection, concurrentJobs: concurrency, logger, ...batching },
        },
        noHandleSignals: true,
        taskList: { [task]: () => onJob() },
      } as never);
    },
    async pending() {
      const { rows } = await database.pool.query(
        "select count(*)::int as pending from graphile_worker._private_jobs",
      );
      return rows[0].pending;
    },
    async close() {
      await runner?.stop();
      await utils.release();
      await database.close();
    },
  };
}
