/** A network that goes silent without closing anything, and one that is slow. */
import { afterAll, expect, it } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import { systemRandom } from "../../src/base/random.ts";
import type { Change } from "../../src/generations/job-store.ts";
import { isTerminal } from "../../src/generations/state.ts";
import { newTestJob } from "../support/store.ts";
import { Audit } from "./audit.ts";
import { startReplicaSet } from "./mongod.ts";
import { openStoreAt, scope } from "./store.ts";
import { TcpProxy } from "./tcp-proxy.ts";
import { quickTimes } from "./times.ts";
import { expectTracks } from "./tracks.ts";
import { watchToTheEnd } from "./watching.ts";
import { startWorkerOver } from "./worker.ts";

const { nodes, uri } = await startReplicaSet(1, afterAll);

async function setUp() {
  const proxy = await TcpProxy.start(nodes[0]?.port ?? 0);
  const name = `network_${systemRandom.hex(4)}`;
  const limits = { name, leaseTtlMs: quickTimes.ttlMs };
  const direct = await openStoreAt(uri, limits);
  const store = await openStoreAt(proxy.uri, {
    ...limits,
    callLimitMs: 1_000,
    connectTimeoutMs: 1_000,
  });
  await store.feed.start();
  return { proxy, store, direct, audit: new Audit(direct.database) };
}

it("half-open: the worker gives its lease up in time, another finishes, and it comes back", async () => {
  const { proxy, store, direct, audit } = await setUp();
  const cutOff = await startWorkerOver(store, { times: quickTimes });
  cutOff.engine.script = { checkpoints: 1, free: false };
  const begun = cutOff.engine.nextRun();
  const { id } = await direct.jobs.create(newTestJob({ engine: "scripted" }));
  const { signal } = (await begun).task;
  const aborted = new Promise((resolve) => signal.addEventListener("abort", resolve));
  proxy.swallows = true;
  await aborted;
  expect(signal.reason).toMatchObject({ kind: "LeaseLost" });
  // It gave up before the database would have given the job to anybody else.
  expect(await direct.jobs.get(scope, id)).toMatchObject({ status: "running", epoch: 1 });
  const other = await startWorkerOver(direct, { times: quickTimes });
  const ended = await audit.untilAllEnded();
  expect(ended).toMatchObject([{ _id: id, epoch: 2, attempts: 2 }]);
  await other.worker.stop();
  proxy.swallows = false;
  cutOff.engine.script = { checkpoints: 1, free: true };
  await direct.jobs.create(newTestJob({ engine: "scripted" }));
  const all = await audit.untilAllEnded();
  expect(all).toHaveLength(2);
  await expectTracks(other.artifacts, all);
});

it("half-open: the feed notices, opens again and says that something may be missed", async () => {
  const { proxy, store, direct } = await setUp();
  const { feed } = store;
  const hints = (accepts: (change: Change | null) => boolean) =>
    new Promise<void>((resolve) => feed.onAny((change) => accepts(change) && resolve()));
  const isOpen = hints((change) => change !== null);
  await expect
    .poll(async () => {
      await direct.jobs.create(newTestJob());
      return Promise.race([isOpen.then(() => true), systemClock.sleep(50)]);
    })
    .toBe(true);
  const gap = hints((change) => change === null);
  // The one call that the feed always has under way: its answer never comes.
  proxy.swallows = true;
  await direct.jobs.create(newTestJob());
  await expect.poll(() => proxy.swallowed).toBeGreaterThan(0);
  proxy.swallows = false;
  await gap;
  const job = newTestJob();
  const hint = hints((change) => change?.jobId === job.id);
  await direct.jobs.create(job);
  await hint;
});

it("slow: jobs are run once each, a cancel holds, watchers see the end", async () => {
  const { proxy, store, audit } = await setUp();
  const { engine, artifacts } = await startWorkerOver(store, { times: quickTimes, concurrency: 4 });
  proxy.latencyMs = 30;
  const created = await Promise.all(
    Array.from({ length: 12 }, () => store.jobs.create(newTestJob({ engine: "scripted" }))),
  );
  const cancelled = await store.jobs.create(newTestJob({ engine: "scripted" }));
  const watching = Promise.all(created.map(({ id }) => watchToTheEnd(store, id)));
  const answer = await store.jobs.requestCancel(scope, cancelled.id);
  const ended = await audit.untilAllEnded();
  expect(engine.runs.length).toBeLessThanOrEqual(13);
  const shown = (await watching).map((states) => states.at(-1)?.track?.artifact);
  const left = ended.filter(({ _id }) => created.some(({ id }) => id === _id));
  await expectTracks(artifacts, left);
  expect(shown.sort()).toEqual(left.map(({ track }) => track?.artifact).sort());
  const last = ended.find(({ _id }) => _id === cancelled.id);
  const wasDone = answer !== null && isTerminal(answer.status);
  expect(last?.status).toBe(wasDone ? answer.status : "cancelled");
});
