/** Settles that share a round trip, and what a job remembers of its attempts. */
import { describe, expect, it } from "vitest";
import { historyLength } from "../../src/generations/attempt.ts";
import type { Interpretation } from "../../src/generations/interpretation.ts";
import type { Claim } from "../../src/generations/job.ts";
import type { Exit } from "../../src/generations/job-store.ts";
import { maxAttempts } from "../../src/generations/state.ts";
import { createJobs } from "../../src/store/jobs.ts";
import { newTestJob, openTestStore, testLimits } from "../support/store.ts";
import { intercept } from "./protocol/intercept.ts";

const { jobs, database, organizations } = await openTestStore();
const scope = { organizationId: "org_a", userId: "user_1" };
await organizations.addMember("org_a", "user_1");
await database.organizations.updateOne({ _id: "org_a" }, { $set: { cap: 100 } });

async function claimed(engine: string, count = 1): Promise<Claim[]> {
  await Promise.all(Array.from({ length: count }, () => jobs.create(newTestJob({ engine }))));
  return await jobs.claim("worker", [engine], count, true);
}

async function claimAgain(engine: string): Promise<Claim> {
  const [claim] = await jobs.claim("worker", [engine], 1, true);
  if (claim === undefined) throw new Error("nothing to claim");
  return claim;
}

function artifactOf({ job }: Claim): string {
  return `tracks/${job.id}/${job.epoch}/master.mp3`;
}

function succeedOf(claim: Claim): Exit {
  const { job } = claim;
  const track = {
    id: `mtrack_${job.id}`,
    title: "Rain",
    engine: job.engine,
    mode: "creation",
    instrumental: true,
    measuredDurationSeconds: 5,
    mimeType: "audio/mpeg",
    licenceClass: "unclear",
    artifact: artifactOf(claim),
    extras: [],
    stemGainDb: null,
  } as const;
  return { kind: "succeed", track };
}

const broken = { kind: "engine_transient", message: "The strings broke." } as const;
const retry: Exit = { kind: "retry", delayMs: 0, failure: broken };

async function setTime(jobId: string, field: string): Promise<void> {
  await database.jobs.updateOne({ _id: jobId }, { $set: { [field]: new Date(0) } });
}

/** Understood as nothing but a style. */
function understoodAs(style: string): Interpretation {
  return {
    style,
    styleName: null,
    mood: null,
    energy: null,
    era: null,
    tempo: null,
    tonic: null,
    mode: null,
    metre: null,
    instruments: [],
    wantedInstruments: [],
    unwantedInstruments: [],
    sections: [],
    sources: {},
  };
}

describe("what the engine understood", () => {
  const progress = { percent: 1, phase: "compose", message: "Composing" };

  it.each([1, 3])(
    "a heartbeat tells it, and the last word has success, of %i at once",
    async (n) => {
      const claims = await claimed(`understood ${n}`, n);
      const beats = claims.map(({ lease }) => ({ lease, progress }));
      const told = beats.map((beat) => ({
        ...beat,
        progress: { ...progress, interpretation: understoodAs("$first") },
      }));
      await jobs.heartbeat(told);
      await jobs.heartbeat(beats);
      for (const { job } of claims) {
        expect(await jobs.get(scope, job.id)).toMatchObject({
          interpretation: { style: "$first" },
        });
      }
      const interpretation = understoodAs("$second");
      const ended = await Promise.all(
        claims.map((claim, index) => {
          const exit = { ...succeedOf(claim), ...(index === 0 && { interpretation }) };
          return jobs.exit(claim.lease, exit, null);
        }),
      );
      expect(ended.map((job) => job?.interpretation?.style)).toEqual([
        "$second",
        ...Array(n - 1).fill("$first"),
      ]);
    },
  );

  it("of a job whose engine says nothing is null", async () => {
    for (const claim of await claimed("silent", 1)) {
      const ended = await jobs.exit(claim.lease, succeedOf(claim), null);
      expect(ended).toMatchObject({ status: "succeeded", interpretation: null });
    }
  });
});

describe("settles that come together", () => {
  it("each get their own answer: ended, cancelled, lost, and one that cannot be written", async () => {
    const claims = await claimed("together", 12);
    const [asked, lapsed, poison] = claims as [Claim, Claim, Claim, ...Claim[]];
    await jobs.requestCancel(scope, asked.job.id);
    await setTime(lapsed.job.id, "lease.expiresAt");
    await jobs.sweepLapsed();
    const tooLarge = { label: "chunk", data: { state: "x".repeat(17_000_000) } };
    const told = await Promise.allSettled(
      claims.map((claim) =>
        claim === poison
          ? jobs.exit(claim.lease, { kind: "release", checkpoint: tooLarge }, null)
          : jobs.exit(claim.lease, succeedOf(claim), null),
      ),
    );
    const said = told.map((each) => (each.status === "rejected" ? "failed" : each.value));
    expect(said.slice(0, 3)).toEqual([
      expect.objectContaining({ status: "cancelled", track: null }),
      null,
      "failed",
    ]);
    claims.slice(3).forEach((claim, index) => {
      expect(said[index + 3]).toMatchObject({
        id: claim.job.id,
        status: "succeeded",
        track: { id: `mtrack_${claim.job.id}` },
      });
    });
    expect(await jobs.get(scope, poison.job.id)).toMatchObject({ status: "running" });
  });

  it("in one update, each by its own lease and its own cancel", async () => {
    // The first two go alone.
    const [one, two, asked, token, epoch, plain] = await claimed("one update", 6);
    await jobs.requestCancel(scope, asked!.job.id);
    const told = await Promise.all([
      jobs.exit(one!.lease, succeedOf(one!), null),
      jobs.exit(two!.lease, succeedOf(two!), null),
      jobs.exit(asked!.lease, succeedOf(asked!), null),
      jobs.exit({ ...token!.lease, token: "another" }, succeedOf(token!), null),
      jobs.exit({ ...epoch!.lease, epoch: 2 }, succeedOf(epoch!), null),
      jobs.exit(plain!.lease, succeedOf(plain!), null),
    ]);
    const [cancelled, ofToken, ofEpoch, succeeded] = told.slice(2);
    expect(cancelled).toMatchObject({ status: "cancelled", track: null });
    expect([ofToken, ofEpoch]).toEqual([null, null]);
    expect(succeeded).toMatchObject({
      status: "succeeded",
      track: { artifact: artifactOf(plain!) },
    });
    for (const { job } of [token!, epoch!]) {
      expect(await jobs.get(scope, job.id)).toMatchObject({ status: "running", track: null });
    }
  });

  it.each(["lost first", "held first"])("by two leases of one job, %s", async (order) => {
    const engine = `twice, ${order}`;
    const others = await claimed(engine, 4);
    const [lost] = await claimed(engine);
    await setTime(lost!.job.id, "lease.expiresAt");
    await jobs.sweepLapsed();
    const held = await claimAgain(engine);
    expect(held.job.id).toBe(lost!.job.id);
    const both = order === "lost first" ? [lost!, held] : [held, lost!];
    // The others are before them, so that these two go together.
    const all = [...others, ...both];
    const told = await Promise.all(all.map((each) => jobs.exit(each.lease, succeedOf(each), null)));
    const [ofLost, ofHeld] = [lost!, held].map((each) => told[all.indexOf(each)]);
    expect(ofLost).toBeNull();
    expect(ofHeld).toMatchObject({ status: "succeeded", track: { artifact: artifactOf(held) } });
    for (const each of others) {
      const track = { id: `mtrack_${each.job.id}`, artifact: artifactOf(each) };
      expect(await jobs.get(scope, each.job.id)).toMatchObject({ status: "succeeded", track });
    }
  });

  it("share one write", async () => {
    const claims = await claimed("trips", 40);
    const writes: string[] = [];
    const counting = createJobs(
      intercept(database, {
        before: async (kind) => {
          if (kind === "write") writes.push(kind);
        },
      }),
      testLimits,
      null,
    );
    await Promise.all(claims.map((claim) => counting.exit(claim.lease, succeedOf(claim), null)));
    expect(writes).toHaveLength(1);
  });
});

describe("history", () => {
  it("says of each attempt when it ran and what it ended in", async () => {
    const [first] = await claimed("history");
    const id = first!.job.id;
    await jobs.exit(first!.lease, retry, null);
    await jobs.sweepDue();
    const second = await claimAgain("history");
    await jobs.exit(second.lease, { kind: "release", checkpoint: null }, null);
    await claimAgain("history");
    await setTime(id, "lease.expiresAt");
    await jobs.sweepLapsed();
    await claimAgain("history");
    await setTime(id, "lease.deadlineAt");
    await jobs.sweepLapsed();
    const job = await jobs.get(scope, id);
    const short = job?.history.map(({ epoch, outcome, failure }) => [epoch, outcome, failure]);
    expect(short).toEqual([
      [1, "failed", broken],
      [2, "released", null],
      [3, "failed", { kind: "lease_expired", message: "The worker was lost." }],
      [4, "failed", { kind: "attempt_timeout", message: "The attempt took too long." }],
    ]);
    expect(job).toMatchObject({ status: "failed", failure: { kind: "attempts_exhausted" } });
    for (const { startedAt, endedAt } of job?.history ?? []) {
      expect(startedAt.getTime()).toBeLessThanOrEqual(endedAt.getTime());
      expect(endedAt.getTime()).toBeLessThanOrEqual(job?.endedAt?.getTime() ?? 0);
    }
  });

  it("keeps the latest attempts only", async () => {
    const [first] = await claimed("drained");
    let claim = first!;
    for (let n = 0; n < historyLength + 3; n++) {
      await jobs.exit(claim.lease, { kind: "release", checkpoint: null }, null);
      claim = await claimAgain("drained");
    }
    const epochs = claim.job.history.map(({ epoch }) => epoch);
    expect(epochs).toEqual(Array.from({ length: historyLength }, (_, n) => n + 4));
    expect(claim.job.attempts).toBe(1);
  });

  it("the store ends a job whose last attempt would be retried", async () => {
    const [first] = await claimed("spent");
    let claim = first!;
    for (let n = 1; n < maxAttempts; n++) {
      expect(await jobs.exit(claim.lease, retry, null)).toMatchObject({ phase: "backoff" });
      await jobs.sweepDue();
      claim = await claimAgain("spent");
    }
    expect(await jobs.exit(claim.lease, retry, null)).toMatchObject({
      status: "failed",
      failure: {
        kind: "attempts_exhausted",
        message: expect.stringContaining(`failed ${maxAttempts} times`),
      },
      progress: { message: null },
    });
  });
});
