/** mongod is killed under load and comes back with the same folder: what was acknowledged holds. */
import { expect, it, onTestFinished, vi } from "vitest";
import { Audit } from "./audit.ts";
import { brokenPromises, Load } from "./load.ts";
import { startReplicaSet } from "./mongod.ts";
import { openStoreAt } from "./store.ts";
import { briefTimes } from "./times.ts";
import { expectTracks } from "./tracks.ts";
import { startWorkerOver } from "./worker.ts";

/** How often it is killed; more for a longer run. */
const kills = Number(process.env["FAULT_ROUNDS"] ?? 2);
vi.setConfig({ testTimeout: 60_000 + kills * 60_000 });

it("every acknowledged create ends, once, and every acknowledged cancel holds", async () => {
  const { nodes, uri } = await startReplicaSet(1, onTestFinished);
  const [node] = nodes;
  const api = await openStoreAt(uri);
  await api.feed.start();
  const worker = await openStoreAt(uri, { leaseTtlMs: briefTimes.ttlMs });
  await worker.feed.start();
  const { artifacts } = await startWorkerOver(worker, { concurrency: 4, times: briefTimes });
  const load = await Load.start(api, 6);
  const audit = new Audit(api.database);
  for (let n = 0; n < kills; n++) {
    await load.progress(20);
    await audit.look();
    await node?.kill();
    await node?.start();
  }
  await load.progress(20);
  await load.stop();
  const jobs = await audit.untilAllEnded();
  expect(brokenPromises(load.account, jobs)).toEqual([]);
  expect(load.account.cancelled.size).toBeGreaterThan(0);
  await expectTracks(
    artifacts,
    jobs.filter(({ status }) => status === "succeeded"),
  );
});
