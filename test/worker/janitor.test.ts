/** The janitor over a real mongod and real files: what it deletes, and what it must not. */
import { join } from "node:path";
import { Readable } from "node:stream";
import { expect, it } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import { systemRandom } from "../../src/base/random.ts";
import { artifactName } from "../../src/generations/artifacts.ts";
import { FileArtifactStore } from "../../src/media/file-store.ts";
import { Janitor } from "../../src/worker/janitor.ts";
import { newTestJob, openTestStore, silentLog } from "../support/store.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const { jobs } = await openTestStore();
const scope = { organizationId: "org_a", userId: "user_1" };
const hour = 3_600_000;

async function setUp() {
  const now = { ahead: 0 };
  const clock = {
    ...systemClock,
    now: () => new Date(systemClock.now().getTime() + now.ahead),
  };
  const folder = join(await temporaryFolder(), "artifacts");
  const artifacts = new FileArtifactStore({ folder, clock, random: systemRandom });
  await artifacts.start();
  const put = (name: string) =>
    artifacts.put(name, Readable.from([Buffer.from("audio")]), { mimeType: "audio/mpeg" });
  const janitor = (succeeded: number | null) =>
    new Janitor(
      { store: jobs, artifacts, clock, random: systemRandom, log: silentLog },
      {
        retention: { succeeded, failed: null, cancelled: null, refused: null },
        orphanAfterMs: hour,
        everyMs: hour,
      },
    );
  return { now, artifacts, put, janitor };
}

/** A job that succeeded with this artifact. */
async function succeeded(engine: string): Promise<{ id: string; artifact: string; midi: string }> {
  const { id } = await jobs.create(newTestJob({ engine }));
  const [claim] = await jobs.claim("w", [engine], 1, true);
  const artifact = artifactName(id, 1, "master.mp3");
  const midi = artifactName(id, 1, "midi.mid");
  const track = {
    id: `mtrack_${id}`,
    title: "T",
    engine,
    mode: "creation",
    instrumental: true,
    measuredDurationSeconds: 1,
    mimeType: "audio/mpeg",
    licenceClass: "unclear",
    artifact,
    extras: [{ kind: "midi", stem: null, artifact: midi }],
    stemGainDb: null,
  } as const;
  await jobs.exit(claim!.lease, { kind: "succeed", track }, null);
  return { id, artifact, midi };
}

it("deletes orphans once they are older than an attempt may last, and keeps what a job names", async () => {
  const { now, artifacts, put, janitor } = await setUp();
  const named = await succeeded("orphans");
  await put(named.artifact);
  await put(named.midi);
  await put("tracks/orphan/1/master.mp3");
  await janitor(null).tidy();
  expect(await artifacts.stat("tracks/orphan/1/master.mp3")).not.toBeNull();
  now.ahead = 2 * hour;
  await put("tracks/young/1/master.mp3");
  await janitor(null).tidy();
  expect(await artifacts.stat("tracks/orphan/1/master.mp3")).toBeNull();
  expect(await artifacts.stat("tracks/young/1/master.mp3")).not.toBeNull();
  expect(await artifacts.stat(named.artifact)).not.toBeNull();
  expect(await artifacts.stat(named.midi)).not.toBeNull();
});

it("deletes what was kept long enough, the audio with it", async () => {
  const { artifacts, put, janitor } = await setUp();
  const { id, artifact, midi } = await succeeded("retained");
  await put(artifact);
  await put(midi);
  await janitor(hour).tidy();
  expect(await jobs.get(scope, id)).not.toBeNull();
  await janitor(-1).tidy();
  expect(await jobs.get(scope, id)).toBeNull();
  expect(await artifacts.stat(artifact)).toBeNull();
  expect(await artifacts.stat(midi)).toBeNull();
});
