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

it("one that was given up is not renewed, so that another worker can have the job", async () => {
  let hint: (change: Change | null) => void = () => {};
  const feed: ChangeFeed = {
    onJob: () => () => {},
    onAny: (listener) => {
      hint = listener;
      return () => {};
    },
  };
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
