/** The files of a track beside its master, in both stores: named by the job all together, or gone. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import { Probe } from "../../src/base/probe.ts";
import { systemRandom } from "../../src/base/random.ts";
import type { AbortKind } from "../../src/generations/abort.ts";
import type { ArtifactStore } from "../../src/generations/artifacts.ts";
import { everyOf } from "../../src/generations/policy.ts";
import { noTelemetry } from "../../src/generations/telemetry.ts";
import { FileArtifactStore } from "../../src/media/file-store.ts";
import { type ExecutionPorts, execute } from "../../src/worker/execution.ts";
import { defaultLeaseTimes, HeldLease } from "../../src/worker/leases.ts";
import { Workspaces } from "../../src/worker/workspaces.ts";
import { namesIn } from "../faults/tracks.ts";
import { gridFsOf } from "../faults/worker.ts";
import { ScriptedEngine } from "../support/scripted-engine.ts";
import { newTestJob, openTestStore, silentLog } from "../support/store.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const store = await openTestStore();
const { jobs } = store;
const scope = { organizationId: "org_a", userId: "user_1" };

async function fileStore(): Promise<ArtifactStore> {
  const folder = join(await temporaryFolder(), "artifacts");
  const artifacts = new FileArtifactStore({ folder, clock: systemClock, random: systemRandom });
  await artifacts.start();
  return artifacts;
}

const extras = [
  { kind: "stem", stem: "drums" },
  { kind: "stem", stem: "bass" },
  { kind: "midi", stem: null },
  { kind: "waveform", stem: null },
] as const;
const files = ["master.mp3", "midi.bin", "stem-bass.bin", "stem-drums.bin", "waveform.bin"];

/** A claimed job whose engine makes all of them, and how to run the attempt. */
async function attempt(artifacts: ArtifactStore) {
  const engine = new ScriptedEngine("publishing");
  engine.extras = extras;
  const ports: ExecutionPorts = {
    store: jobs,
    artifacts,
    workspaces: new Workspaces(await temporaryFolder()),
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
    probe: new Probe(),
    telemetry: noTelemetry,
    policy: everyOf([]),
  };
  await jobs.create(newTestJob({ engine: "publishing" }));
  const [claim] = await jobs.claim("test", ["publishing"], 1, true);
  if (claim === undefined) throw new Error("nothing to claim");
  const times = { ...defaultLeaseTimes, attemptMs: 600_000 };
  const held = new HeldLease(claim.lease, systemClock, systemClock.monotonicMs(), times);
  const { id } = claim.job;
  const run = (changed: Partial<ExecutionPorts> = {}) =>
    execute({ ...ports, ...changed }, engine, claim, held);
  const own = async () => (await namesIn(artifacts)).filter((name) => name.includes(id));
  return { id, held, run, own, names: files.map((file) => `tracks/${id}/1/${file}`) };
}

async function loseLease(jobId: string): Promise<void> {
  const past = { "lease.expiresAt": new Date(0) };
  await store.database.jobs.updateOne({ _id: jobId }, { $set: past });
  await jobs.sweepLapsed();
}

/** The store, but the attempt is told to stop while `file` is being put. */
function stoppingAt(file: string, artifacts: ArtifactStore, stop: () => unknown): ArtifactStore {
  const put: ArtifactStore["put"] = async (name, ...rest) => {
    if (name.endsWith(file)) await stop();
    return await artifacts.put(name, ...rest);
  };
  return {
    put,
    stat: (name) => artifacts.stat(name),
    read: (name, span) => artifacts.read(name, span),
    delete: (name) => artifacts.delete(name),
    list: (olderThan) => artifacts.list(olderThan),
  };
}

describe.each([
  ["files", fileStore],
  ["GridFS", () => gridFsOf(store)],
] as const)("in %s", (_name, open) => {
  it("all are stored before the job names them, and go with the track", async () => {
    const artifacts = await open();
    const { id, run, own, names } = await attempt(artifacts);
    await run();
    const job = await jobs.get(scope, id);
    expect(await own()).toEqual(names);
    const track = job?.track;
    expect(
      [track?.artifact, ...(track?.extras.map(({ artifact }) => artifact) ?? [])].sort(),
    ).toEqual(names);
    expect(track?.extras.map(({ kind, stem }) => ({ kind, stem }))).toEqual(extras);
    expect((await jobs.namedAmong([...names, `tracks/${id}/2/master.mp3`])).sort()).toEqual(names);
    expect((await jobs.deleteTrack(scope, track?.id ?? "")).sort()).toEqual(names);
    expect(await jobs.namedAmong(names)).toEqual([]);
  });

  it.each(["CancelRequested", "LeaseLost", "DeadlineExceeded"] as const)(
    "%s in the middle stores no more, and takes away what is there",
    async (kind: AbortKind) => {
      const artifacts = await open();
      const { id, held, run, own } = await attempt(artifacts);
      const stored: string[] = [];
      const stopping = stoppingAt("stem-drums.bin", artifacts, async () => {
        if (kind === "LeaseLost") await loseLease(id);
        held.abort(kind);
      });
      const put: ArtifactStore["put"] = (name, ...rest) => {
        stored.push(name.split("/").at(-1) ?? "");
        return stopping.put(name, ...rest);
      };
      await run({ artifacts: { ...stopping, put } });
      expect(stored).toEqual(["master.mp3", "stem-drums.bin"]);
      expect(await own()).toEqual([]);
      expect((await jobs.get(scope, id))?.track).toBeNull();
    },
  );

  it("a shutdown in the middle lets the piece that is paid for count", async () => {
    const artifacts = await open();
    const { id, held, run, own, names } = await attempt(artifacts);
    const stopping = stoppingAt("stem-drums.bin", artifacts, () => held.abort("ShuttingDown"));
    await run({ artifacts: stopping });
    expect(await jobs.get(scope, id)).toMatchObject({ status: "succeeded" });
    expect(await own()).toEqual(names);
  });

  it("a put that fails leaves none of them, and the attempt comes again", async () => {
    const artifacts = await open();
    const { id, run, own } = await attempt(artifacts);
    const full = stoppingAt("midi.bin", artifacts, () => {
      throw new Error("the disk is full");
    });
    await run({ artifacts: full });
    expect(await jobs.get(scope, id)).toMatchObject({
      phase: "backoff",
      history: [{ failure: { kind: "storage" } }],
    });
    expect(await own()).toEqual([]);
  });
});
