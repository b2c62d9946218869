/** Group commit: who goes with whom, and that everyone gets the own answer. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { GroupCommit } from "../../src/store/group-commit.ts";

/** A write in the test's hands. */
interface Write {
  readonly items: readonly number[];
  readonly end: () => void;
  readonly fail: (error: Error) => void;
}

function commitIn(limits: { concurrent: number; most: number }) {
  const writes: Write[] = [];
  const group = new GroupCommit<number, string>((items) => {
    return new Promise((resolve, reject) => {
      const answer = (item: number): PromiseSettledResult<string> =>
        item < 0
          ? { status: "rejected", reason: new Error(`refused ${item}`) }
          : { status: "fulfilled", value: `wrote ${item}` };
      writes.push({ items, end: () => resolve(items.map(answer)), fail: reject });
    });
  }, limits);
  return { writes, group };
}

/** Lets promise reactions run. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

it("a lone call goes at once, by itself", async () => {
  const { writes, group } = commitIn({ concurrent: 1, most: 10 });
  const told = group.submit(1);
  await Promise.resolve();
  expect(writes.map(({ items }) => items)).toEqual([[1]]);
  writes[0]?.end();
  expect(await told).toBe("wrote 1");
});

it("calls that come while one is under way go together when it ends", async () => {
  const { writes, group } = commitIn({ concurrent: 1, most: 3 });
  const first = group.submit(1);
  await turn();
  const told = [first, ...[2, 3, 4, 5].map((item) => group.submit(item))];
  for (let n = 0; n < 3; n++) {
    expect(writes).toHaveLength(n + 1);
    writes[n]?.end();
    await turn();
  }
  expect(writes.map(({ items }) => items)).toEqual([[1], [2, 3, 4], [5]]);
  expect(await Promise.all(told)).toEqual([1, 2, 3, 4, 5].map((item) => `wrote ${item}`));
});

it("calls of the same turn go together at once", async () => {
  const { writes, group } = commitIn({ concurrent: 2, most: 2 });
  const told = [1, 2, 3, 4, 5].map((item) => group.submit(item));
  await turn();
  expect(writes.map(({ items }) => items)).toEqual([
    [1, 2],
    [3, 4],
  ]);
  for (let n = 0; n < 3; n++) {
    writes[n]?.end();
    await turn();
  }
  expect(await Promise.all(told)).toHaveLength(5);
});

it("a write that fails is the failure of those in it, and the next ones go on", async () => {
  const { writes, group } = commitIn({ concurrent: 1, most: 10 });
  const submit = (item: number) => group.submit(item).catch((error) => error.message);
  const first = submit(1);
  await turn();
  const told = [first, ...[2, -3, 4].map(submit)];
  writes[0]?.fail(new Error("connection lost"));
  await turn();
  writes[1]?.end();
  expect(await Promise.all(told)).toEqual(["connection lost", "wrote 2", "refused -3", "wrote 4"]);
});

it("never more at a time than allowed, in their order, and none is forgotten", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        concurrent: fc.integer({ min: 1, max: 3 }),
        most: fc.integer({ min: 1, max: 4 }),
      }),
      fc.array(fc.constantFrom("submit", "turn", "end"), { maxLength: 60 }),
      async (limits, steps) => {
        const { writes, group } = commitIn(limits);
        const told: Promise<string>[] = [];
        let ended = 0;
        const endOne = async () => {
          writes[ended++]?.end();
          await turn();
        };
        for (const step of steps) {
          if (step === "submit") told.push(group.submit(told.length));
          else if (step === "turn") await turn();
          else if (ended < writes.length) await endOne();
          expect(writes.length - ended).toBeLessThanOrEqual(limits.concurrent);
        }
        await turn();
        while (ended < writes.length) await endOne();
        expect(await Promise.all(told)).toEqual(told.map((_, item) => `wrote ${item}`));
        expect(writes.flatMap(({ items }) => items)).toEqual(told.map((_, item) => item));
        for (const { items } of writes) expect(items.length).toBeLessThanOrEqual(limits.most);
      },
    ),
    { numRuns: 50 },
  );
});
