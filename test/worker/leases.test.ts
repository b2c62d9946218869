/** The leases that a worker holds, with the store in the test's hands. */
import { expect, it, onTestFinished } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import type { Change, ChangeFeed, Heartbeat } from "../../src/generations/job-store.ts";
import { Leases } from "../../src/worker/leases.ts";
import { silentLog } from "../support/store.ts";

const times = {
  ttlMs: 5_000,
  attemptMs: 600_000,
  renewEveryMs: 60_000,
  marginMs: 1_000,
  progressEveryMs: 10,
};

/** A feed whose hints the test gives. */
function feedInHand() {
  let listener: (change: Change | null) => void = () => {};
  const feed: ChangeFeed = {
    onJob: () => () => {},
    onAny: (given) => {
      listener = given;
      return () => {};
    },
  };
  return { feed, hint: (change: Change | null) => listener(change) };
}

it("a hint of a cancel stops its attempt at once and no other, without a heartbeat", async () => {
  const { feed, hint } = feedInHand();
  const heartbeat = async (): Promise<never> => {
    throw new Error("the database is not asked");
  };
  const leases = new Leases(
    { store: { heartbeat }, feed, clock: systemClock, log: silentLog },
    times,
  );
  await leases.start();
  onTestFinished(() => leases.stop());
  const now = systemClock.monotonicMs();
  const asked = leases.hold({ jobId: "asked", token: "a", epoch: 1 }, now);
  const other = leases.hold({ jobId: "other", token: "a", epoch: 1 }, now);
  hint({ jobId: "asked", phase: null, created: null, isCancelRequested: true });
  expect(asked.signal.reason).toMatchObject({ kind: "CancelRequested" });
  expect(asked.cancelObservedMsAgo).not.toBeNull();
  expect(other.signal.aborted).toBe(false);
});

it("one that was given up is not renewed, so that another worker can have the job", async () => {
  const { feed, hint } = feedInHand();
  const beaten = Promise.withResolvers<string[]>();
  const heartbeat = async (beats: readonly Heartbeat[]) => {
    const jobIds = beats.map(({ lease }) => lease.jobId);
    beaten.resolve(jobIds);
    return jobIds.map((jobId) => ({ jobId, cancelRequested: false }));
  };
  const leases = new Leases(
    { store: { heartbeat }, feed, clock: systemClock, log: silentLog },
    times,
  );
  await leases.start();
  onTestFinished(() => leases.stop());
  const now = systemClock.monotonicMs();
  leases.hold({ jobId: "kept", token: "a", epoch: 1 }, now);
  const lost = leases.hold({ jobId: "lost", token: "b", epoch: 1 }, now - times.ttlMs);
  await new Promise((resolve) => lost.signal.addEventListener("abort", resolve));
  expect(lost.isLost).toBe(true);
  // A gap in the feed asks for a heartbeat of everything at once.
  hint(null);
  expect(await beaten.promise).toEqual(["kept"]);
});

it("what a heartbeat could not tell goes with the next, under what is newer", async () => {
  const { feed } = feedInHand();
  const told: Heartbeat[] = [];
  const twice = Promise.withResolvers<void>();
  const failing = Promise.withResolvers<void>();
  const heartbeat = async (beats: readonly Heartbeat[]) => {
    told.push(...beats);
    if (told.length === 1) {
      await failing.promise;
      throw new Error("the connection was lost");
    }
    twice.resolve();
    return beats.map(({ lease }) => ({ jobId: lease.jobId, cancelRequested: false }));
  };
  const leases = new Leases(
    { store: { heartbeat }, feed, clock: systemClock, log: silentLog },
    times,
  );
  const held = leases.hold({ jobId: "a", token: "a", epoch: 1 }, systemClock.monotonicMs());
  const checkpoint = { label: "one", data: {} };
  held.report({ percent: 1, phase: "compose", message: "Composing", checkpoint });
  held.report({ percent: 2, phase: "render", message: "Playing" });
  await leases.start();
  onTestFinished(() => leases.stop());
  held.report({ percent: 3, phase: "render", message: "Playing on" });
  failing.resolve();
  await twice.promise;
  expect(told.map(({ progress }) => progress)).toEqual([
    { percent: 2, phase: "render", message: "Playing", checkpoint },
    { percent: 3, phase: "render", message: "Playing on", checkpoint },
  ]);
});
