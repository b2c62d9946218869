/** An upgrade while jobs are queued and run: documents and processes of schema version 1 beside this one. */
import { beforeEach, expect, test } from "vitest";
import type { Claim } from "../../src/generations/job.ts";
import { schemaVersion } from "../../src/store/documents.ts";
import { newTestJob, openTestStore } from "../support/store.ts";
import { Schema1 } from "./schema-1.ts";

const { jobs, database, organizations } = await openTestStore();
const old = new Schema1(database.jobs);
const scope = { organizationId: "org_a", userId: "user_1" };
await organizations.addMember("org_a", "user_1");

beforeEach(async () => {
  await database.jobs.deleteMany({});
});

async function claimNext(): Promise<Claim> {
  const [claim] = await jobs.claim("new worker", ["studio"], 1, true);
  if (claim === undefined) throw new Error("nothing to claim");
  return claim;
}

const refuse = { kind: "refuse", reason: "No." } as const;

test("what was queued before runs after, first, and with its history from then on", async () => {
  await old.create("mgen_old", "studio");
  await jobs.create(newTestJob({ priority: "high" }));
  const claim = await claimNext();
  expect(claim.job).toMatchObject({ id: "mgen_old", priority: "normal", history: [] });
  const ended = await jobs.exit(claim.lease, refuse, null);
  expect(ended).toMatchObject({ status: "refused", history: [{ epoch: 1, outcome: "refused" }] });
});

test("what was asked for before it could be said is an MP3", async () => {
  await old.create("mgen_old", "studio");
  const { request, interpretation } = (await claimNext()).job;
  expect({ request, interpretation }).toMatchObject({
    request: { outputFormat: "mp3", prompt: "old rain" },
    interpretation: null,
  });
});

test("a track of before has nothing beside its master, and goes like any other", async () => {
  await old.create("mgen_old", "studio");
  const track = { id: "mtrack_old", title: "Rain", artifact: "tracks/mgen_old/1/master.mp3" };
  const ended = { status: "succeeded", phase: "ended", endedAt: new Date(), track } as never;
  await database.jobs.updateOne({ _id: "mgen_old" }, { $set: ended });
  expect(await jobs.findByTrack(scope, track.id)).toMatchObject({
    track: { ...track, extras: [], stemGainDb: null },
    segments: [],
  });
  expect(await jobs.namedAmong([track.artifact])).toEqual([track.artifact]);
  expect(await jobs.deleteTrack(scope, track.id)).toEqual([track.artifact]);
});

test("a job that an old worker ran and lost goes on with a new one", async () => {
  await old.create("mgen_old", "studio");
  expect(await old.claim("studio", "a".repeat(32), 0)).toBe("mgen_old");
  expect(await jobs.get(scope, "mgen_old")).toMatchObject({ status: "running", history: [] });
  const past = { $set: { "lease.expiresAt": new Date(0) } };
  await database.jobs.updateOne({ _id: "mgen_old" }, past);
  expect(await jobs.sweepLapsed()).toBe(1);
  const claim = await claimNext();
  expect(claim.job).toMatchObject({
    attempts: 2,
    epoch: 2,
    history: [{ epoch: 1, outcome: "failed", failure: { kind: "lease_expired" } }],
  });
  expect(await old.fail("mgen_old", "a".repeat(32))).toBe(false);
  expect(await jobs.exit(claim.lease, refuse, null)).toMatchObject({ status: "refused" });
});

test("both work side by side on one queue, within the cap, and each job ends once", async () => {
  for (let n = 0; n < 6; n++) {
    await old.create(`mgen_old_${n}`, "studio");
    await jobs.create(newTestJob());
  }
  const ended: string[] = [];
  for (let turn = 0; turn < 6; turn++) {
    const token = String(turn).repeat(32);
    const theirs = await old.claim("studio", token, 0);
    const ours = await claimNext();
    expect(ours.job.id).not.toBe(theirs);
    if (theirs !== null && (await old.fail(theirs, token))) ended.push(theirs);
    if ((await jobs.exit(ours.lease, refuse, null)) !== null) ended.push(ours.job.id);
  }
  expect(new Set(ended).size).toBe(12);
  expect(await database.jobs.countDocuments({ phase: "ended" })).toBe(12);
});

test("what an old worker hands back or lets back off, a new one goes on with", async () => {
  await old.create("mgen_old", "studio");
  await old.claim("studio", "a".repeat(32), 0);
  await old.release("mgen_old", "a".repeat(32), "waiting");
  const claim = await claimNext();
  const broken = { kind: "unexpected", message: "Broken." } as const;
  await jobs.exit(claim.lease, { kind: "retry", delayMs: 0, failure: broken }, null);
  await jobs.sweepDue();
  await old.claim("studio", "b".repeat(32), 0);
  await old.release("mgen_old", "b".repeat(32), "backoff");
  expect(await jobs.sweepDue()).toBe(1);
  expect((await claimNext()).job).toMatchObject({ id: "mgen_old", epoch: 4 });
});

test("a job of a newer version is left to newer workers, and can be read and cancelled", async () => {
  const job = await jobs.create(newTestJob());
  await database.jobs.updateOne({ _id: job.id }, { $set: { schema: schemaVersion + 1 } });
  const known = await jobs.create(newTestJob());
  expect((await claimNext()).job.id).toBe(known.id);
  expect(await jobs.claim("new worker", ["studio"], 1, true)).toEqual([]);
  expect(await jobs.get(scope, job.id)).toMatchObject({ status: "queued" });
  expect(await jobs.requestCancel(scope, job.id)).toMatchObject({ status: "cancelled" });
});
