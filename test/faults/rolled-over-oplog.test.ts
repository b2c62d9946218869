/** The oplog really rolls over under a feed that sleeps: it learns of it, and whoever listens reads again. */
import { MongoClient, type Timestamp } from "mongodb";
import { pino } from "pino";
import { afterAll, expect, it } from "vitest";
import { newTestJob } from "../support/store.ts";
import { startReplicaSet } from "./mongod.ts";
import { openStoreAt, scope } from "./store.ts";
import { TcpProxy } from "./tcp-proxy.ts";
import { watchToTheEnd } from "./watching.ts";

// What came after the last checkpoint is kept for the server's own recovery: let there be one a second.
const set = await startReplicaSet(1, afterAll, ["--syncdelay", "1"]);
/** What the server says to an open stream whose place in the oplog is gone (286 is for one that comes back). */
const cappedPositionLost = 136;
const patient = { timeout: 60_000, interval: 50 };

/** The first entry that the oplog still has. */
async function oldest(client: MongoClient): Promise<Timestamp> {
  const oplog = client.db("local").collection("oplog.rs");
  const [entry] = await oplog.find().sort({ $natural: 1 }).limit(1).toArray();
  return entry?.["ts"];
}

/** Of one write; the oplog has room for four. */
const ballastMegabytes = 16;

/** Writes until the oplog has forgotten all that it had. */
async function rollOver(client: MongoClient): Promise<void> {
  const last = (await client.db("admin").command({ hello: 1 }))["lastWrite"].opTime.ts;
  const ballast = client.db("ballast").collection("ballast");
  const megabyte = Buffer.alloc(1 << 20);
  while ((await oldest(client)).lessThanOrEqual(last)) {
    const documents = Array.from({ length: ballastMegabytes }, () => ({ megabyte }));
    await ballast.insertMany(documents, { writeConcern: { w: 1, journal: false } });
  }
}

it("a feed that slept while the oplog rolled over loses no end of a job", async () => {
  // First: by the set's name it waits until there is a primary.
  const direct = await openStoreAt(set.uri, { name: "rolled" });
  const proxy = await TcpProxy.start(set.nodes[0]?.port ?? 0);
  const lost = Promise.withResolvers<number>();
  const write = (line: string) => {
    const { msg, err } = JSON.parse(line) as { msg: string; err?: { code?: number } };
    if (msg.startsWith("change feed lost")) lost.resolve(err?.code ?? 0);
  };
  const log = pino({ level: "warn" }, { write });
  // Longer than the roll-over takes, or the feed gives the silent server up before.
  const sleepy = await openStoreAt(proxy.uri, { name: "rolled", log, callLimitMs: 300_000 });
  const opened = new Promise<void>((resolve) => sleepy.feed.onAny(() => resolve()));
  await sleepy.feed.start();
  await opened;
  const job = await direct.jobs.create(newTestJob());
  const watching = watchToTheEnd(sleepy, job.id);
  proxy.holds = (command) => "getMore" in command && command["collection"] === "jobs";
  await expect.poll(() => proxy.held, patient).toBe(1);
  await direct.jobs.requestCancel(scope, job.id);
  const client = await MongoClient.connect(set.uri);
  await rollOver(client).finally(() => client.close());
  const openAgain = new Promise<void>((resolve) => {
    sleepy.feed.onAny((change) => change === null && resolve());
  });
  proxy.release();
  expect(await lost.promise).toBe(cappedPositionLost);
  expect((await watching).at(-1)?.status).toBe("cancelled");
  await openAgain;
  const hinted = new Promise((resolve) =>
    sleepy.feed.onAny((change) => change?.created && resolve(change)),
  );
  const next = await direct.jobs.create(newTestJob());
  expect(await hinted).toMatchObject({ jobId: next.id, phase: "waiting" });
});
