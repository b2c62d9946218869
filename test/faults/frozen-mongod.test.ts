/** A mongod that is there and silent: calls end, loops go on, and it all works again afterwards. */
import { Code, ConnectError } from "@connectrpc/connect";
import { expect, it, onTestFinished } from "vitest";
import type { JobStore } from "../../src/generations/job-store.ts";
import { createApi } from "../support/api.ts";
import { startTestMongo } from "../support/mongo.ts";
import { ScriptedEngine } from "../support/scripted-engine.ts";
import { newTestJob, type TestStore } from "../support/store.ts";
import { Audit } from "./audit.ts";
import { callsAbout, callsBeside, openStoreAt, scope } from "./store.ts";
import { quickTimes } from "./times.ts";
import { startWorkerOver } from "./worker.ts";

async function startMongo() {
  const mongo = await startTestMongo();
  onTestFinished(() => mongo.stop());
  const freeze = () => mongo.kill("SIGSTOP");
  const thaw = () => mongo.kill("SIGCONT");
  return { uri: mongo.uri, freeze, thaw };
}

const unavailable = expect.objectContaining({ code: "SERVICE_UNAVAILABLE" });

/** Calls every method and returns the names of those that do not say that the service is unavailable. */
async function otherwiseThanUnavailable(store: TestStore, calls: ReturnType<typeof callsAbout>) {
  const all = [
    ...Object.entries(calls).map(([name, call]) => [name, call(store.jobs)] as const),
    ...Object.entries(callsBeside).map(([name, call]) => [name, call(store)] as const),
  ];
  const ends = await Promise.allSettled(all.map(([, call]) => call));
  return all.flatMap(([name], n) => {
    const end = ends[n];
    const isUnavailable = end?.status === "rejected" && unavailable.asymmetricMatch(end.reason);
    return isUnavailable
      ? []
      : [`${name}: ${end?.status === "rejected" ? end.reason : "an answer"}`];
  });
}

it("every method of the store ends, as unavailable, and serves again afterwards", async () => {
  const { uri, freeze, thaw } = await startMongo();
  const impatient = await openStoreAt(uri, { callLimitMs: 500 });
  const patient = await openStoreAt(uri, { callLimitMs: 60_000 });
  const job = await patient.jobs.create(newTestJob());
  freeze();
  const calls = callsAbout(job);
  expect(await otherwiseThanUnavailable(impatient, calls)).toEqual([]);
  thaw();
  // What was asked meanwhile may have taken place; all that matters is that the job is there.
  expect(await patient.jobs.get(scope, job.id)).toMatchObject({ id: job.id });
  await new Audit(patient.database).look();
});

it("callers are told in time, without a word of what is inside", async () => {
  const { uri, freeze, thaw } = await startMongo();
  const store = await openStoreAt(uri, { callLimitMs: 2_000 });
  const { clientWith, stop } = createApi(store, [new ScriptedEngine("scripted")]);
  onTestFinished(stop);
  const { key } = await store.apiKeys.create("org_a", "user_1");
  const client = clientWith({ "x-api-key": key });
  const { id } = await store.jobs.create(newTestJob({ engine: "scripted" }));
  freeze();
  const call = client.getGeneration({ organizationId: "org_a", jobId: id });
  const error = ConnectError.from(await call.catch((reason: unknown) => reason));
  expect(error.code).toBe(Code.Unavailable);
  expect(error.rawMessage).toBe("The database cannot be reached, or the service is stopping");
  thaw();
});

it("a worker gives its leases up by itself, looks on, and finishes the job once it is back", async () => {
  const { uri, freeze, thaw } = await startMongo();
  const store = await openStoreAt(uri, { callLimitMs: 1_000, leaseTtlMs: quickTimes.ttlMs });
  const { engine, seen } = await startWorkerOver(store, { times: quickTimes });
  engine.script = { checkpoints: 1, free: false };
  const begun = engine.nextRun();
  const { id } = await store.jobs.create(newTestJob({ engine: engine.description.key }));
  const { signal } = (await begun).task;
  const aborted = new Promise((resolve) => signal.addEventListener("abort", resolve));
  freeze();
  const outAt = Date.now() + quickTimes.ttlMs;
  await aborted;
  expect(signal.reason).toMatchObject({ kind: "LeaseLost" });
  // Both loops have been told, and go on asking.
  const looks = (method: keyof JobStore) => seen.filter(({ name }) => name === method).length;
  const before = { claim: looks("claim"), sweep: looks("sweepLapsed") };
  await expect.poll(() => looks("claim")).toBeGreaterThan(before.claim + 1);
  await expect.poll(() => looks("sweepLapsed")).toBeGreaterThan(before.sweep + 1);
  await expect.poll(() => Date.now()).toBeGreaterThan(outAt);
  engine.script = { checkpoints: 1, free: true };
  thaw();
  // The heartbeats that were on their way do not bring back the lease that was given up.
  let until = 0;
  const epoch = async () => {
    const job = await store.database.jobs.findOne({ _id: id });
    if (job?.epoch === 1) until = job.lease?.expiresAt.getTime() ?? until;
    return job?.epoch;
  };
  await expect.poll(epoch).toBeGreaterThan(1);
  expect(until).toBeLessThanOrEqual(outAt);
  const [job] = await new Audit(store.database).untilAllEnded();
  expect(job).toMatchObject({ _id: id, status: "succeeded" });
});
