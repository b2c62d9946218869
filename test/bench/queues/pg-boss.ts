/** pg-boss, fetching 64 at a time without a pause while there are that many. */
import { PgBoss } from "pg-boss";
import { openDatabase } from "./postgres.ts";
import {
  concurrency,
  inChunks,
  organizationOf,
  payload,
  type Queue,
  type QueueOptions,
} from "./queue.ts";

const queueName = "generate";

export function open(options: QueueOptions): Promise<Queue> {
  return openWith(options, {});
}

/** @param limits more options of its `work` */
export async function openWith(options: QueueOptions, limits: object): Promise<Queue> {
  const database = await openDatabase(options);
  const boss = new PgBoss({
    connectionString: database.url,
    max: concurrency,
    useListenNotify: true,
  });
  boss.on("error", () => {});
  await boss.start();
  await boss.createQueue(queueName, { notify: true });
  let created = 0;
  const data = (n: number) => ({ ...payload, organization: organizationOf(n) });
  const group = (n: number) => ({ group: { id: organizationOf(n) } });
  return {
    fill: (count) =>
      inChunks(count, 5_000, (numbers) =>
        boss.insert(queueName, numbers.map((n) => ({ data: data(n), ...group(n) })) as never),
      ),
    async create() {
      const n = created++;
      await boss.send(queueName, data(n), group(n));
    },
    async work(onJob) {
      const batching = { batchSize: concurrency, burstWhenBatchFull: true };
      const polling = { pollingIntervalSeconds: 0.5 };
      await boss.work(queueName, { ...batching, ...polling, ...limits }, async (jobs) => {
        for (const _ of jobs) onJob();
      });
    },
    async pending() {
      const { rows } = await database.pool.query(
        "select count(*)::int as pending from pgboss.job where name = $1 and state < 'completed'",
        [queueName],
      );
      return rows[0].pending;
    },
    async close() {
      await boss.stop({ graceful: false });
      await database.close();
    },
  };
}
