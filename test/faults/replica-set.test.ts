/** A replica set changes its primary under load, in each way there is: what was acknowledged holds. */
import { expect, it, onTestFinished, vi } from "vitest";
import { Audit } from "./audit.ts";
import { brokenPromises, Load } from "./load.ts";
import { type Node, type ReplicaSet, startReplicaSet } from "./mongod.ts";
import { openStoreAt } from "./store.ts";
import { briefTimes } from "./times.ts";
import { expectTracks } from "./tracks.ts";
import { startWorkerOver } from "./worker.ts";

/** How often each fault is made; more for a longer run. */
const rounds = Number(process.env["FAULT_ROUNDS"] ?? 1);
vi.setConfig({ testTimeout: 60_000 + rounds * 180_000 });

type Fault = (primary: Node, meanwhile: () => Promise<void>) => Promise<void>;

const faults: Readonly<Record<string, Fault>> = {
  "a step-down": async (primary, meanwhile) => {
    const client = await primary.client();
    const stepDown = { replSetStepDown: 10, secondaryCatchUpPeriodSecs: 5 };
    await client.db("admin").command(stepDown);
    await client.close();
    await meanwhile();
  },
  "a frozen primary": async (primary, meanwhile) => {
    primary.signal("SIGSTOP");
    await meanwhile();
    primary.signal("SIGCONT");
  },
  "a killed primary": async (primary, meanwhile) => {
    await primary.kill();
    await meanwhile();
    await primary.start();
  },
};

/** The node that takes writes now, waited for. */
async function primaryOf({ nodes }: ReplicaSet): Promise<Node> {
  let found: Node | undefined;
  const look = async () => {
    for (const node of nodes) if (await node.isPrimary()) found = node;
    return found;
  };
  await expect.poll(look, { timeout: 60_000 }).toBeDefined();
  return found as Node;
}

it("every acknowledged create ends, once, every cancel holds, and no watcher misses an end", async () => {
  const set = await startReplicaSet(3, onTestFinished);
  const limits = { callLimitMs: 2_000, connectTimeoutMs: 2_000, leaseTtlMs: briefTimes.ttlMs };
  const api = await openStoreAt(set.uri, limits);
  await api.feed.start();
  const worker = await openStoreAt(set.uri, limits);
  await worker.feed.start();
  const { artifacts } = await startWorkerOver(worker, { concurrency: 4, times: briefTimes });
  const load = await Load.start(api, 6);
  const audit = new Audit(api.database);
  for (let round = 0; round < rounds; round++) {
    for (const fault of Object.values(faults)) {
      await load.progress(12);
      await audit.look();
      await fault(await primaryOf(set), () => load.progress(12));
    }
  }
  await load.progress(12);
  await load.stop();
  const jobs = await audit.untilAllEnded();
  expect(brokenPromises(load.account, jobs)).toEqual([]);
  expect(load.account.cancelled.size).toBeGreaterThan(0);
  await expectTracks(
    artifacts,
    jobs.filter(({ status }) => status === "succeeded"),
  );
});
