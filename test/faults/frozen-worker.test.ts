/**
 * A worker that is not there for longer than its lease, stopped or with a blocked event loop, and comes
 * back: another has finished its job, and it changes nothing of that and goes on with other jobs.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, inject, it } from "vitest";
import { newTestJob, openTestStore } from "../support/store.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { Audit } from "./audit.ts";
import type { Step } from "./fixture-settings.ts";
import { quickTimes } from "./times.ts";
import { expectTracks, namesIn } from "./tracks.ts";
import { gridFsOf, startWorkerOver } from "./worker.ts";
import { startWorkerProcess, type WorkerProcess } from "./worker-process.ts";

const store = await openTestStore();
const { jobs, database } = store;
const artifacts = await gridFsOf(store);

interface Absence {
  /** Takes the worker away; what brings it back. */
  readonly begin: (worker: WorkerProcess) => Promise<() => Promise<void>>;
}

const absences: Readonly<Record<string, Absence>> = {
  stopped: {
    begin: async (worker) => {
      worker.signal("SIGSTOP");
      return async () => {
        worker.tell("go");
        worker.signal("SIGCONT");
      };
    },
  },
  blocked: {
    begin: async (worker) => {
      const file = join(await temporaryFolder(), "go-on");
      worker.tell(`block ${file}`);
      return () => writeFile(file, "");
    },
  },
};

const cases: readonly [string, Step][] = [
  ["stopped", "rendered"],
  ["stopped", "published"],
  ["stopped", "heartbeat"],
  ["blocked", "rendered"],
  ["blocked", "published"],
];

it.each(cases)("%s for longer than its lease after %s", async (absence, step) => {
  const engine = `${absence} ${step}`;
  const victim = await startWorkerProcess({
    uri: inject("mongoUri"),
    database: database.db.databaseName,
    engine,
    haltAt: step,
    times: quickTimes,
  });
  const { id } = await jobs.create(newTestJob({ engine }));
  expect((await victim.reaches(step)).jobId).toBe(id);
  const bringBack = await absences[absence]?.begin(victim);
  const audit = new Audit(database);
  const other = await startWorkerOver(store, { engine });
  await audit.untilAllEnded();
  await other.worker.stop();
  const { id: next } = await jobs.create(newTestJob({ engine }));
  await bringBack?.();
  // It knows that the attempt did not count, and does the next job.
  expect(await victim.reaches("end", id)).toMatchObject({ status: null });
  expect(await victim.reaches("end", next)).toMatchObject({ status: "succeeded" });
  const all = await audit.untilAllEnded();
  await expectTracks(artifacts, all);
  // It has removed what it had published; nothing is left to be swept.
  const named = all.map(({ track }) => track?.artifact ?? "").sort();
  expect(await namesIn(artifacts)).toEqual(named);
});
