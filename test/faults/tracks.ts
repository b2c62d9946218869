/** Whether a job has its one track, and nothing else is kept in its name. */
import { text } from "node:stream/consumers";
import { expect } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import { systemRandom } from "../../src/base/random.ts";
import type { ArtifactStore } from "../../src/generations/artifacts.ts";
import type { JobDocument } from "../../src/store/documents.ts";
import { Janitor } from "../../src/worker/janitor.ts";
import { silentLog, type TestStore } from "../support/store.ts";

const forEver = { succeeded: null, failed: null, cancelled: null, refused: null };

export async function namesIn(artifacts: ArtifactStore): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of artifacts.list(new Date(8.64e15))) names.push(name);
  return names.sort();
}

/** Removes the artifacts that no job names, however young: nothing may run meanwhile. */
export async function tidy(store: TestStore, artifacts: ArtifactStore): Promise<void> {
  const janitor = new Janitor(
    {
      store: store.jobs,
      artifacts,
      clock: systemClock,
      random: systemRandom,
      log: silentLog,
    },
    { retention: forEver, orphanAfterMs: -1_000, everyMs: 60_000 },
  );
  await janitor.tidy();
}

/** Each of these jobs succeeded, and its track names an artifact with what the scripted engine made. */
export async function expectTracks(
  artifacts: ArtifactStore,
  jobs: readonly JobDocument[],
): Promise<void> {
  for (const { _id, status, track, epoch } of jobs) {
    expect({ _id, status }).toEqual({ _id, status: "succeeded" });
    expect(track?.artifact).toBe(`tracks/${_id}/${epoch}/master.mp3`);
    const stored = await artifacts.read(track?.artifact ?? "");
    expect(stored && (await text(stored))).toBe(`audio of ${_id}`);
  }
}
