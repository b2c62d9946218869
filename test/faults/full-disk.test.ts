/** The disk of the artifacts is full: attempts fail honestly, nothing half-written counts, others go on. */
import { execFile } from "node:child_process";
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it, onTestFinished } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import { systemRandom } from "../../src/base/random.ts";
import { maxAttempts } from "../../src/generations/state.ts";
import { FileArtifactStore } from "../../src/media/file-store.ts";
import { newTestJob, openTestStore } from "../support/store.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { Audit } from "./audit.ts";
import { scope } from "./store.ts";
import { expectTracks, namesIn } from "./tracks.ts";
import { startWorkerOver } from "./worker.ts";

const run = promisify(execFile);
const pageBytes = 4_096;
const diskBytes = 32 * pageBytes;

const store = await openTestStore();
const { jobs, database } = store;

/** A disk of its own: only root may have one. */
async function mountDisk(): Promise<string> {
  const folder = await temporaryFolder();
  await run("mount", ["-t", "tmpfs", "-o", `size=${diskBytes}`, "tmpfs", folder]);
  onTestFinished(async () => {
    await run("umount", ["--lazy", folder]);
  });
  return folder;
}

async function canMount(): Promise<boolean> {
  const folder = join("/tmp", `music-mount-${process.pid}`);
  await mkdir(folder);
  try {
    await run("mount", ["-t", "tmpfs", "-o", "size=4096", "tmpfs", folder]);
    await run("umount", [folder]);
    return true;
  } catch {
    return false;
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Waits for no backoff: the time of the next attempt has come. */
async function passBackoff(jobId: string): Promise<void> {
  await database.jobs.updateOne(
    { _id: jobId, phase: "backoff" },
    { $set: { notBefore: new Date(0) } },
  );
}

async function setUp(engine: string, freePages: number) {
  const disk = await mountDisk();
  const folder = join(disk, "artifacts");
  const artifacts = new FileArtifactStore({ folder, clock: systemClock, random: systemRandom });
  await artifacts.start();
  const filler = join(disk, "filler");
  await writeFile(filler, Buffer.alloc(diskBytes - freePages * pageBytes));
  const files = async () =>
    (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) =>
      entry.isFile(),
    );
  const worker = await startWorkerOver(store, { engine, artifacts });
  return { ...worker, artifacts, files, free: () => rm(filler) };
}

/** A page that is free is used up by the bytes; what is written about them then finds none. */
const cases = [0, 1];

describe.skipIf(!(await canMount()))("a full disk (needs root, for a small disk to fill)", () => {
  it.each(cases)(
    "with %i pages left: it fails in the end, and leaks nothing",
    async (freePages) => {
      const engine = `full ${freePages}`;
      const { artifacts, files, probe } = await setUp(engine, freePages);
      probe.on("settled", ({ jobId }) => passBackoff(jobId));
      const { id } = await jobs.create(newTestJob({ engine }));
      // Another worker, on another disk, does not mind.
      const elsewhere = await startWorkerOver(store, { engine: `elsewhere ${freePages}` });
      const other = await jobs.create(newTestJob({ engine: `elsewhere ${freePages}` }));
      const all = await new Audit(database).untilAllEnded();
      const failed = all.find(({ _id }) => _id === id);
      expect(failed).toMatchObject({ status: "failed", attempts: maxAttempts });
      const shown = JSON.stringify((await jobs.get(scope, id))?.failure);
      expect(shown).toMatch(/"message":"\w/);
      expect(shown).not.toMatch(/\/|ENOSPC|space|disk|tmp/i);
      expect(await namesIn(artifacts)).toEqual([]);
      expect(await files()).toEqual([]);
      await expectTracks(
        elsewhere.artifacts,
        all.filter(({ _id }) => _id === other.id),
      );
    },
  );

  it.each(cases)("with %i pages left, and room again: the next attempt succeeds", async (pages) => {
    const engine = `room again ${pages}`;
    const { artifacts, files, probe, free } = await setUp(engine, pages);
    const settled = probe.next("settled");
    const { id } = await jobs.create(newTestJob({ engine }));
    expect((await settled).job).toMatchObject({ status: "queued", phase: "backoff" });
    expect(await files()).toEqual([]);
    await free();
    await passBackoff(id);
    const all = await new Audit(database).untilAllEnded();
    const own = all.filter(({ _id }) => _id === id);
    expect(own).toMatchObject([{ attempts: 2 }]);
    await expectTracks(artifacts, own);
    expect(await namesIn(artifacts)).toHaveLength(1);
  });
});
