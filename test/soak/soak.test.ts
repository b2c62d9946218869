/** The soak in its shortest form, without kills: that it works, and that its audit finds what is wrong. */
import { expect, test } from "vitest";
import { newTestJob, openTestStore } from "../support/store.ts";
import { audit } from "./audit.ts";
import type { Told } from "./clients.ts";
import { soak } from "./soak.ts";

test("several processes and clients, and every job is audited", { timeout: 300_000 }, async () => {
  const result = await soak({
    jobs: 12,
    minutes: Number.POSITIVE_INFINITY,
    apis: 2,
    workers: 2,
    clients: 6,
    bystanders: 4,
    blowEveryMs: null,
    report: () => undefined,
  });
  expect(result.faults).toEqual([]);
  const { succeeded = 0, cancelled = 0 } = result.ended;
  expect(succeeded + cancelled).toBe(12);
  expect(Object.keys(result.calls)).toContain("answered");
  // Of each: the master, the score, the waveform, and what continues it.
  expect(result.artifacts).toBe(4 * succeeded);
});

test("the audit names a lost job, a broken promise, a wrong artifact and a stranger", async () => {
  const { jobs, database } = await openTestStore();
  const make = (key: string) =>
    jobs.create(newTestJob({ engine: key, idempotency: { key, hash: "h" } }));
  const told = (id: string, idempotencyKey: string, cancelAnswer: string | null): Told => ({
    id,
    organization: "org_a",
    idempotencyKey,
    piece: { prompt: "rain", seed: 0 },
    cancelAnswer,
    watched: null,
    faults: [],
  });
  const [broken, stranger] = [await make("broken"), await make("stranger")];
  const [claim] = await jobs.claim("worker", ["broken"], 1, true);
  const track = {
    id: "mtrack_1",
    title: "Rain",
    engine: "broken",
    mode: "creation",
    instrumental: true,
    measuredDurationSeconds: 1,
    mimeType: "audio/mpeg",
    licenceClass: "unclear",
    artifact: "tracks/nowhere",
    extras: [],
    stemGainDb: null,
  } as const;
  await jobs.exit(claim!.lease, { kind: "succeed", track }, null);
  const { faults } = await audit(
    database,
    [told(broken.id, "broken", "running"), told("mgen_lost", "lost", null)],
    () => "",
  );
  expect(faults).toEqual([
    `${stranger.id} is a job that no client was told of`,
    `${broken.id} succeeded after a cancel was acknowledged`,
    "mgen_lost was acknowledged and is lost",
    expect.stringContaining(`${broken.id} names an artifact that cannot be read`),
  ]);
});
