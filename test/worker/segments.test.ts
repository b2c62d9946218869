/** Segments of a piece that is still being made: stored, told, taken over by the next attempt, and deleted. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, it } from "vitest";
import type { ArtifactStore } from "../../src/generations/artifacts.ts";
import type { Job } from "../../src/generations/job.ts";
import { defaultLeaseTimes } from "../../src/worker/leases.ts";
import { namesIn, tidy } from "../faults/tracks.ts";
import { gridFsOf, startWorkerOver } from "../faults/worker.ts";
import type { ScriptedRun } from "../support/scripted-engine.ts";
import { newTestJob, openTestStore } from "../support/store.ts";

const store = await openTestStore();
const { jobs, database } = store;
const scope = { organizationId: "org_a", userId: "user_1" };
const patience = { timeout: 20_000, interval: 20 };

/** The engine has a segment of two seconds at each of its three steps. */
async function announce({ task }: ScriptedRun, step: number): Promise<void> {
  const path = join(await task.workspace(), `part-${step}.mp3`);
  await writeFile(path, `part ${step}`);
  const file = { path, mimeType: "audio/mpeg", extension: "mp3" };
  task.onSegment({ startSeconds: 2 * (step - 1), durationSeconds: 2, file });
}

async function setUp(engineKey: string, artifacts?: ArtifactStore) {
  const times = { ...defaultLeaseTimes, attemptMs: 600_000, progressEveryMs: 10 };
  const begun = await startWorkerOver(store, {
    engine: engineKey,
    times,
    ...(artifacts && { artifacts }),
  });
  const { engine } = begun;
  engine.script = { checkpoints: 3, free: false };
  engine.onStep = announce;
  const run = engine.nextRun();
  const { id } = await jobs.create(newTestJob({ engine: engineKey }));
  const own = async () => (await namesIn(begun.artifacts)).filter((name) => name.includes(id));
  const job = async () => (await jobs.get(scope, id)) as Job;
  /** Polls until the job has these segments, by their attempts. */
  const segments = (epochs: readonly number[]) =>
    expect
      .poll(async () => (await job()).segments.map(({ artifact }) => artifact), patience)
      .toEqual(epochs.map((epoch, index) => `tracks/${id}/${epoch}/segment-${index}.mp3`));
  return { ...begun, id, run: await run, own, job, segments };
}

function namesOf(job: Job): string[] {
  return [job.track?.artifact ?? "", ...job.segments.map(({ artifact }) => artifact)].sort();
}

it("each can be played while later ones are made, and is there when all are", async () => {
  const { id, run, own, job, segments, artifacts } = await setUp("played");
  run.pass();
  await segments([1]);
  const first = await job();
  expect(first).toMatchObject({ status: "running", track: null });
  expect(first.segments).toMatchObject([
    { index: 0, startSeconds: 0, durationSeconds: 2, mimeType: "audio/mpeg" },
  ]);
  const bytes = await artifacts.read(first.segments[0]?.artifact ?? "");
  expect(bytes && (await text(bytes))).toBe("part 1");
  run.pass();
  await segments([1, 1]);
  run.pass();
  await expect.poll(async () => (await job()).status, patience).toBe("succeeded");
  await segments([1, 1, 1]);
  expect((await job()).segments[2]).toMatchObject({ index: 2, startSeconds: 4 });
  expect(await own()).toEqual(namesOf(await job()));
  await tidy(store, artifacts);
  expect(await own()).toEqual(namesOf(await job()));
  expect((await jobs.deleteTrack(scope, (await job()).track?.id ?? "")).sort()).toHaveLength(4);
  expect(await jobs.get(scope, id)).toMatchObject({ track: null, segments: [] });
});

it("what was to be heard before a cancel stays on the job until that goes", async () => {
  const { id, run, own, job, segments } = await setUp("cancelled");
  run.pass();
  await segments([1]);
  await jobs.requestCancel(scope, id);
  await expect.poll(async () => (await job()).status, patience).toBe("cancelled");
  await expect.poll(own, patience).toEqual([`tracks/${id}/1/segment-0.mp3`]);
  await segments([1]);
  expect(await jobs.deleteEnded(scope, id)).toEqual([`tracks/${id}/1/segment-0.mp3`]);
});

it("another attempt replaces each by its own, and what it replaced is swept", async () => {
  const { id, engine, run, own, job, segments, artifacts } = await setUp("again");
  run.pass(2);
  await segments([1, 1]);
  engine.fail(true);
  run.pass();
  await expect.poll(async () => (await job()).phase, patience).toBe("backoff");
  await segments([1, 1]);
  engine.error = null;
  const next = engine.nextRun();
  await database.jobs.updateOne({ _id: id }, { $set: { notBefore: new Date(0) } });
  const second = await next;
  // As an engine that starts over: its checkpoint is gone.
  expect(second.task.resume).not.toBeNull();
  await announce(second, 1);
  await segments([2, 1]);
  await announce(second, 2);
  await segments([2, 2]);
  second.pass(3);
  await expect.poll(async () => (await job()).status, patience).toBe("succeeded");
  const { segments: left } = await job();
  expect(new Set(left.map(({ artifact }) => artifact.split("/")[2]))).toEqual(new Set(["2"]));
  await tidy(store, artifacts);
  expect(await own()).toEqual(namesOf(await job()));
});

it("one that cannot be stored ends the attempt, which comes again", async () => {
  const gridFs = await gridFsOf(store);
  let failures = 1;
  const put: ArtifactStore["put"] = async (name, ...rest) => {
    if (name.includes("segment-1") && failures-- > 0) throw new Error("the disk is full");
    return await gridFs.put(name, ...rest);
  };
  const failing = Object.create(gridFs, { put: { value: put } }) as ArtifactStore;
  for (const method of ["stat", "read", "delete", "list"] as const) {
    Object.defineProperty(failing, method, { value: gridFs[method].bind(gridFs) });
  }
  const { run, own, job, segments, id } = await setUp("full", failing);
  run.pass();
  await segments([1]);
  run.pass(2);
  await expect.poll(async () => (await job()).phase, patience).toBe("backoff");
  expect((await job()).history).toMatchObject([{ failure: { kind: "storage" } }]);
  await segments([1]);
  expect(await own()).toEqual([`tracks/${id}/1/segment-0.mp3`]);
});
