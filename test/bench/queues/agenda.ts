/** Agenda over the same mongod, with the same write concern as ours; `agenda-as-it-comes.ts` is slower. */
import { MongoBackend } from "@agendajs/mongo-backend";
import { Agenda } from "agenda";
import { MongoClient } from "mongodb";
import {
  concurrency,
  inChunks,
  organizationOf,
  payload,
  type Queue,
  type QueueOptions,
} from "./queue.ts";

/** Polls often, and locks two jobs ahead for each that runs: the best of what was tried. */
export function open(options: QueueOptions): Promise<Queue> {
  const ahead = 2 * concurrency;
  return openWith(options, { processEvery: 100, defaultLockLimit: ahead, lockLimit: ahead });
}

/** A kind of jobs, as Agenda defines them, with a limit of its own. */
interface Definition {
  readonly jobName: string;
  /** Jobs of this name that one process runs at the same time. */
  readonly concurrency: number;
}

const single: Definition = { jobName: "generate", concurrency };

/**
 * @param tuning more options of Agenda
 * @param definitions all kinds; jobs are of each in turn
 */
export async function openWith(
  { url, name, isGuest }: QueueOptions,
  tuning: object,
  definitions: readonly Definition[] = [single],
): Promise<Queue> {
  const client = new MongoClient(url, {
    maxPoolSize: concurrency,
    writeConcern: { w: "majority", journal: true },
  });
  await client.connect();
  const db = client.db(name);
  const backend = new MongoBackend({ mongo: db, collection: "jobs" });
  const agenda = new Agenda({
    backend,
    maxConcurrency: concurrency,
    defaultConcurrency: concurrency,
    ...tuning,
  });
  await agenda.ready;
  const jobs = db.collection("jobs");
  let created = 0;
  const nameOf = (n: number) => definitions[n % definitions.length]?.jobName ?? single.jobName;
  const data = (n: number) => ({ ...payload, organization: organizationOf(n) });
  return {
    async fill(count) {
      await agenda.now(nameOf(0), data(0));
      const template = await jobs.findOneAndDelete({});
      await inChunks(count, 5_000, (numbers) =>
        jobs.insertMany(
          numbers.map(
            (n) => ({ ...template, _id: undefined, name: nameOf(n), data: data(n) }) as never,
          ),
          { ignoreUndefined: true },
        ),
      );
    },
    async create() {
      await agenda.now(nameOf(created), data(created));
      created += 1;
    },
    async work(onJob) {
      for (const each of definitions) {
        agenda.define(each.jobName, async () => onJob(), { concurrency: each.concurrency });
      }
      await agenda.start();
    },
    pending: () => jobs.countDocuments({ lastFinishedAt: { $exists: false } }),
    async close() {
      await agenda.stop();
      if (!isGuest) await db.dropDatabase();
      await client.close();
    },
  };
}
