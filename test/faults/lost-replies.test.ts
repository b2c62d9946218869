/** Replies that are lost after the commit: nothing is done twice, and nothing that was done is undone. */
import type { Document } from "mongodb";
import { afterAll, expect, it } from "vitest";
import { systemRandom } from "../../src/base/random.ts";
import { newTestJob } from "../support/store.ts";
import { Audit } from "./audit.ts";
import { startReplicaSet } from "./mongod.ts";
import { openStoreAt, scope } from "./store.ts";
import { TcpProxy } from "./tcp-proxy.ts";
import { expectTracks, namesIn } from "./tracks.ts";
import { gridFsOf, startWorkerOver } from "./worker.ts";

const { nodes, uri } = await startReplicaSet(1, afterAll);
const unavailable = expect.objectContaining({ code: "SERVICE_UNAVAILABLE" });
/** The driver sends a write once more by itself when its reply is lost, and only then gives up. */
const triesOfDriver = 2;
const idempotency = { key: "again", hash: "a".repeat(64) };

/** A store behind the proxy, and one beside it. */
async function setUp(leaseTtlMs = 15_000) {
  const proxy = await TcpProxy.start(nodes[0]?.port ?? 0);
  const name = `lost_${systemRandom.hex(4)}`;
  const direct = await openStoreAt(uri, { name });
  const store = await openStoreAt(proxy.uri, { name, leaseTtlMs });
  await store.feed.start();
  /** Loses the next `count` replies to commands like this. */
  const lose = (count: number, isLike: (command: Document) => boolean) => {
    let left = count;
    proxy.losesReplyTo = (command) => {
      if (left === 0 || !isLike(command)) return false;
      left -= 1;
      return true;
    };
  };
  return { proxy, store, direct, lose, audit: new Audit(direct.database) };
}

const changesOneJob = (command: Document) => command["findAndModify"] === "jobs";
const claimsOne = (command: Document) =>
  changesOneJob(command) && command["query"].phase === "waiting";
const claimsMany = (command: Document) =>
  command["update"] === "jobs" && command["updates"][0].q.phase === "waiting";
/** An exit is the update that takes the lease away from one job. */
const isExit = (command: Document) => changesOneJob(command) && "lease.token" in command["query"];

it("of a create, once: the driver asks again and there is one job", async () => {
  const { store, proxy, lose, audit } = await setUp();
  lose(1, changesOneJob);
  const { id } = await store.jobs.create(newTestJob());
  expect(proxy.lost).toBe(1);
  expect(await audit.look()).toMatchObject([{ _id: id, version: 1 }]);
});

it("of a create, for good: a repeat of the call with the same key is the same job", async () => {
  const { store, proxy, lose, audit } = await setUp();
  lose(triesOfDriver, changesOneJob);
  await expect(store.jobs.create(newTestJob({ idempotency }))).rejects.toEqual(unavailable);
  expect(proxy.lost).toBe(triesOfDriver);
  const repeated = await store.jobs.create(newTestJob({ idempotency }));
  expect(await audit.look()).toMatchObject([{ _id: repeated.id, version: 1 }]);
});

it("of a create without a key, for good: what was made all the same is run once, as any job", async () => {
  const { store, lose, audit } = await setUp();
  lose(triesOfDriver, changesOneJob);
  const engine = "scripted";
  await expect(store.jobs.create(newTestJob({ engine }))).rejects.toEqual(unavailable);
  await store.jobs.create(newTestJob({ engine }));
  const worker = await startWorkerOver(store, { engine });
  const ended = await audit.untilAllEnded();
  expect(ended).toHaveLength(2);
  expect(worker.engine.runs).toHaveLength(2);
  await expectTracks(worker.artifacts, ended);
});

it("of a cancel, for good: it holds, and asking again says so", async () => {
  const { store, lose, audit } = await setUp();
  const { id } = await store.jobs.create(newTestJob());
  lose(triesOfDriver, changesOneJob);
  await expect(store.jobs.requestCancel(scope, id)).rejects.toEqual(unavailable);
  expect(await audit.look()).toMatchObject([{ _id: id, status: "cancelled", version: 2 }]);
  expect(await store.jobs.requestCancel(scope, id)).toMatchObject({ status: "cancelled" });
  expect(await audit.look()).toMatchObject([{ version: 2 }]);
});

it("of a claim, once: the job is run by that claim", async () => {
  const { store, proxy, direct, lose, audit } = await setUp();
  lose(1, claimsOne);
  const { engine, artifacts } = await startWorkerOver(store);
  await direct.jobs.create(newTestJob({ engine: "scripted" }));
  const ended = await audit.untilAllEnded();
  expect(proxy.lost).toBe(1);
  expect(ended).toMatchObject([{ attempts: 1, epoch: 1 }]);
  expect(engine.runs).toHaveLength(1);
  await expectTracks(artifacts, ended);
});

it("of a claim, for good: nobody runs the job until its lease is out, and then one does", async () => {
  const { store, proxy, direct, lose, audit } = await setUp(2_000);
  lose(triesOfDriver, claimsOne);
  const { engine, artifacts } = await startWorkerOver(store);
  await direct.jobs.create(newTestJob({ engine: "scripted" }));
  const ended = await audit.untilAllEnded();
  expect(proxy.lost).toBe(triesOfDriver);
  expect(ended).toMatchObject([{ attempts: 2, epoch: 2 }]);
  expect(engine.runs).toHaveLength(1);
  await expectTracks(artifacts, ended);
});

it("of a claim of many, which the driver does not send again: all that it took are run by it", async () => {
  const { store, proxy, direct, lose, audit } = await setUp();
  for (let n = 0; n < 3; n++) await direct.jobs.create(newTestJob({ engine: "scripted" }));
  lose(1, claimsMany);
  const { engine, artifacts } = await startWorkerOver(store, { concurrency: 4 });
  const ended = await audit.untilAllEnded();
  expect(proxy.lost).toBe(1);
  expect(ended.map(({ attempts, epoch }) => [attempts, epoch])).toEqual(Array(3).fill([1, 1]));
  expect(engine.runs).toHaveLength(3);
  await expectTracks(artifacts, ended);
});

it.each([1, triesOfDriver, 2 * triesOfDriver])(
  "of a settle, %i times: the job is not run again and its track is kept",
  async (times) => {
    const { store, proxy, direct, lose, audit } = await setUp();
    lose(times, isExit);
    const { engine, probe } = await startWorkerOver(store);
    const settled = probe.next("settled");
    await direct.jobs.create(newTestJob({ engine: "scripted" }));
    const ended = await audit.untilAllEnded();
    await settled;
    expect(proxy.lost).toBe(times);
    expect(ended).toMatchObject([{ attempts: 1, epoch: 1 }]);
    expect(engine.runs).toHaveLength(1);
    const artifacts = await gridFsOf(direct);
    await expectTracks(artifacts, ended);
    expect(await namesIn(artifacts)).toHaveLength(1);
  },
);
