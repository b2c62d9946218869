/** The change feed breaks while jobs change: whoever listens is told, by the change or by the gap. */
import { pino } from "pino";
import { afterAll, expect, it } from "vitest";
import type { Log } from "../../src/base/log.ts";
import { systemRandom } from "../../src/base/random.ts";
import type { Change, ChangeFeed } from "../../src/generations/job-store.ts";
import { newTestJob } from "../support/store.ts";
import { failCommands } from "./fail-point.ts";
import { startReplicaSet } from "./mongod.ts";
import { openStoreAt, scope } from "./store.ts";
import { watchToTheEnd } from "./watching.ts";

const set = await startReplicaSet(1, afterAll);

/** Of the server, for the next piece of the stream and for opening it again. */
const failures: Readonly<Record<string, object>> = {
  // The oplog has rolled over what the stream was to go on from.
  ChangeStreamHistoryLost: { errorCode: 286, errorLabels: ["NonResumableChangeStreamError"] },
  CursorNotFound: { errorCode: 43 },
  "a closed connection": { closeConnection: true },
};

/** A log that calls `heard` with the message of each warning. */
function listenedTo(heard: (message: string) => void): Log {
  const write = (line: string) => heard((JSON.parse(line) as { msg: string }).msg);
  return pino({ level: "warn" }, { write });
}

it.each(Object.entries(failures))("%s", async (_, failure) => {
  const broken = Promise.withResolvers<void>();
  const log = listenedTo((message) => {
    if (message.startsWith("change feed lost")) broken.resolve();
  });
  const name = `feed_${systemRandom.hex(4)}`;
  const store = await openStoreAt(set.uri, { name, log });
  const { jobs, feed } = store;
  const opened = nextHint(feed, (change) => change === null);
  await feed.start();
  await opened;
  const job = await jobs.create(newTestJob());
  const other = await jobs.create(newTestJob());
  const watching = watchToTheEnd(store, job.id);
  const heal = await failCommands(set, { ...failure, failCommands: ["getMore", "aggregate"] });
  // The piece that the stream waits for comes still; the next one does not.
  await jobs.requestCancel(scope, other.id);
  await broken.promise;
  const told = new Promise<void>((resolve) => feed.onJob(job.id, resolve));
  const gap = nextHint(feed, (change) => change === null);
  await jobs.requestCancel(scope, job.id);
  await heal();
  await Promise.all([told, gap]);
  expect((await watching).at(-1)?.status).toBe("cancelled");
  // And it goes on with what comes then.
  const hinted = nextHint(feed, (change) => change !== null);
  const next = await jobs.create(newTestJob());
  expect(await hinted).toMatchObject({ jobId: next.id, phase: "waiting" });
});

/** The next hint that `accepts`. */
function nextHint(feed: ChangeFeed, accepts: (change: Change | null) => boolean) {
  return new Promise<Change | null>((resolve) => {
    feed.onAny((change) => accepts(change) && resolve(change));
  });
}
