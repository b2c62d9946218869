/** Looks at watched jobs: who asks at the same time shares a read, and never one that began before. */
import { expect, it } from "vitest";
import { Looks } from "../../src/api/looks.ts";
import { systemClock } from "../../src/base/clock.ts";
import type { Job, Scope } from "../../src/generations/job.ts";

const mine: Scope = { organizationId: "org_a", userId: "user_1" };
const others: Scope = { organizationId: "org_a", userId: "user_2" };

/** A store that counts its reads and answers each once it is told to. */
function countingStore() {
  const reads: { scope: Scope; answer: (version: number) => void }[] = [];
  const get = (scope: Scope) =>
    new Promise<Job | null>((resolve) => {
      reads.push({ scope, answer: (version) => resolve({ version } as Job) });
    });
  const stopping = new AbortController();
  return { reads, stopping, looks: new Looks({ get }, systemClock, stopping.signal) };
}

const nothing = () => {};

it("ten who ask at the same time get one read", async () => {
  const { reads, looks } = countingStore();
  const asked = Array.from({ length: 10 }, () => looks.open(mine, "mgen_1", () => {}).at(0));
  await expect.poll(() => reads.length).toBe(1);
  reads[0]?.answer(7);
  expect(await Promise.all(asked)).toEqual(Array.from({ length: 10 }, () => ({ version: 7 })));
});

it("a read that has begun does not answer a later question", async () => {
  const { reads, looks } = countingStore();
  const look = looks.open(mine, "mgen_1", nothing);
  const first = look.at(0);
  await expect.poll(() => reads.length).toBe(1);
  const second = look.at(0);
  await expect.poll(() => reads.length).toBe(2);
  reads[1]?.answer(2);
  reads[0]?.answer(1);
  expect([await first, await second]).toEqual([{ version: 1 }, { version: 2 }]);
});

it("a poll is content with what was seen a moment ago", async () => {
  const { reads, looks } = countingStore();
  const first = looks.open(mine, "mgen_1", nothing).at(0);
  await expect.poll(() => reads.length).toBe(1);
  reads[0]?.answer(1);
  await first;
  expect(await looks.open(mine, "mgen_1", () => {}).at(60_000)).toEqual({ version: 1 });
  expect(reads).toHaveLength(1);
});

it("nothing is shared with another caller, or kept when nobody watches", async () => {
  const { reads, looks } = countingStore();
  const look = looks.open(mine, "mgen_1", nothing);
  void look.at(0);
  void looks.open(others, "mgen_1", nothing).at(0);
  await expect.poll(() => reads.map(({ scope }) => scope.userId)).toEqual(["user_1", "user_2"]);
  look.close();
  void looks.open(mine, "mgen_1", nothing).at(60_000);
  await expect.poll(() => reads.length).toBe(3);
});

it("a stop wakes all", () => {
  const { stopping, looks } = countingStore();
  let woken = 0;
  for (const job of ["mgen_1", "mgen_2", "mgen_2"]) looks.open(mine, job, () => (woken += 1));
  stopping.abort();
  expect(woken).toBe(3);
});
