/** A worker process is killed at each step of an attempt: another finishes the job, once. */
import { expect, inject, it } from "vitest";
import { newTestJob, openTestStore } from "../support/store.ts";
import { Audit } from "./audit.ts";
import { type Step, steps } from "./fixture-settings.ts";
import { quickTimes } from "./times.ts";
import { expectTracks, namesIn, tidy } from "./tracks.ts";
import { gridFsOf, startWorkerOver } from "./worker.ts";
import { startWorkerProcess } from "./worker-process.ts";

const store = await openTestStore();
const { jobs, database } = store;
const artifacts = await gridFsOf(store);

/** What the killed attempt left behind, and how many more the job then takes. */
const expected: Readonly<Record<Step, { artifacts: number; more: number }>> = {
  claimed: { artifacts: 0, more: 1 },
  prepared: { artifacts: 0, more: 1 },
  rendered: { artifacts: 0, more: 1 },
  published: { artifacts: 1, more: 1 },
  settled: { artifacts: 1, more: 0 },
  heartbeat: { artifacts: 0, more: 1 },
  draining: { artifacts: 0, more: 1 },
};

it.each(steps)("killed when %s", async (step) => {
  const engine = `killed ${step}`;
  const victim = await startWorkerProcess({
    uri: inject("mongoUri"),
    database: database.db.databaseName,
    engine,
    haltAt: step,
    times: { ...quickTimes, ttlMs: 2_000 },
  });
  const { id } = await jobs.create(newTestJob({ engine }));
  if (step === "draining") {
    await victim.reaches("running");
    victim.tell("stop");
  }
  expect((await victim.reaches(step)).jobId).toBe(id);
  const own = async () => (await namesIn(artifacts)).filter((name) => name.includes(id));
  expect(await own()).toHaveLength(expected[step].artifacts);
  await victim.kill();
  const audit = new Audit(database);
  const before = (await audit.look()).find(({ _id }) => _id === id);
  await startWorkerOver(store, { engine });
  const all = await audit.untilAllEnded();
  const job = all.find(({ _id }) => _id === id);
  expect(job?.epoch).toBe((before?.epoch ?? 0) + expected[step].more);
  await tidy(store, artifacts);
  expect(await own()).toEqual([job?.track?.artifact]);
  await expectTracks(artifacts, all);
});
