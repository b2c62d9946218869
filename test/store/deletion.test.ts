/** Retention against a real mongod: what is kept for how long, and idempotency keys that outlive a job. */
import { expect, it } from "vitest";
import type { Retention } from "../../src/generations/job-store.ts";
import { newTestJob, openTestStore } from "../support/store.ts";

const { jobs, database } = await openTestStore();
const scope = { organizationId: "org_a", userId: "user_1" };
const hour = 3_600_000;
const forEver: Retention = { succeeded: null, failed: null, cancelled: null, refused: null };

/** A job that was cancelled `endedAgoMs` ago. */
async function cancelled(endedAgoMs: number, change = {}): Promise<string> {
  const { id } = await jobs.create(newTestJob({ engine: "nobody", ...change }));
  const { endedAt } = (await jobs.requestCancel(scope, id)) ?? {};
  const earlier = new Date((endedAt?.getTime() ?? 0) - endedAgoMs);
  await database.jobs.updateOne({ _id: id }, { $set: { endedAt: earlier } });
  return id;
}

it("deletes what ended longer ago than its state is kept, and nothing else", async () => {
  const old = await cancelled(2 * hour);
  const recent = await cancelled(0.5 * hour);
  const active = (await jobs.create(newTestJob({ engine: "nobody" }))).id;
  await jobs.sweepRetention(forEver);
  await jobs.sweepRetention({ ...forEver, succeeded: 0, failed: 0, refused: 0 });
  expect(await jobs.get(scope, old)).not.toBeNull();
  expect(await jobs.sweepRetention({ ...forEver, cancelled: hour })).toEqual([]);
  expect(await jobs.get(scope, old)).toBeNull();
  expect(await jobs.get(scope, recent)).not.toBeNull();
  expect(await jobs.get(scope, active)).not.toBeNull();
});

it("names the artifacts of what it deleted", async () => {
  const id = await cancelled(2 * hour);
  const named = [`tracks/${id}/1/master.mp3`, `tracks/${id}/1/stem-bass.flac`];
  const extras = [{ kind: "stem", stem: "bass", artifact: named[1] }];
  const track = { id: `mtrack_${id}`, artifact: named[0], extras };
  await database.jobs.updateOne(
    { _id: id },
    { $set: { status: "succeeded", track: track as never } },
  );
  const others = [`tracks/${id}/2/stem-bass.flac`, "tracks/y/1/master.mp3"];
  expect(await jobs.namedAmong([...named, ...others])).toEqual(named);
  expect(await jobs.sweepRetention({ ...forEver, succeeded: hour })).toEqual(named);
  expect(await jobs.namedAmong(named)).toEqual([]);
});

it("keeps an idempotency key taken for a day from the job's creation, then forgets it", async () => {
  const idempotency = { key: "kept", hash: "h" };
  const id = await cancelled(2 * hour, { idempotency });
  await jobs.deleteEnded(scope, id);
  const repeat = () => jobs.create(newTestJob({ idempotency }));
  await expect(repeat()).rejects.toMatchObject({ kind: "resource_not_found" });
  await jobs.sweepRetention(forEver);
  await expect(repeat()).rejects.toMatchObject({ kind: "resource_not_found" });
  const left = await database.jobs.findOne({ _id: id });
  expect(Object.keys(left ?? {})).not.toContain("request");
  const yesterday = new Date((left?.createdAt.getTime() ?? 0) - 25 * hour);
  await database.jobs.updateOne({ _id: id }, { $set: { createdAt: yesterday } });
  await jobs.sweepRetention(forEver);
  expect(await repeat()).toMatchObject({ status: "queued" });
});

it("deletes no active job, and nothing of others", async () => {
  const { id } = await jobs.create(newTestJob({ engine: "nobody" }));
  await expect(jobs.deleteEnded(scope, id)).rejects.toMatchObject({ kind: "job_active" });
  await jobs.requestCancel(scope, id);
  for (const other of [
    { ...scope, userId: "user_2" },
    { ...scope, organizationId: "org_b" },
  ]) {
    await expect(jobs.deleteEnded(other, id)).rejects.toMatchObject({ kind: "resource_not_found" });
  }
  expect(await jobs.deleteEnded(scope, id)).toEqual([]);
});
