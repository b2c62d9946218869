/** Shared looks: who shares with whom, and that nobody gets the answer to another question. */
import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, it } from "vitest";
import { sharedLook } from "../../src/base/shared-look.ts";

function counted() {
  const asked: string[][] = [];
  const look = sharedLook(async (one: string, other: string) => {
    asked.push([one, other]);
    if (one === "broken") throw new Error("broken");
    return `${one}/${other}`;
  });
  return { asked, look };
}

it("those who ask the same in one turn share a look, and get its answer", async () => {
  const { asked, look } = counted();
  const told = await Promise.all([look("a", "b"), look("a", "b"), look("a", "c")]);
  expect(told).toEqual(["a/b", "a/b", "a/c"]);
  expect(asked).toEqual([
    ["a", "b"],
    ["a", "c"],
  ]);
});

it("arguments that look alike when they are joined are different questions", async () => {
  const { look } = counted();
  const pairs = [
    ["a\nb", "c"],
    ["a", "b\nc"],
    ['a","b', "c"],
    ["a", 'b","c'],
  ] as const;
  const told = await Promise.all(pairs.map(([one, other]) => look(one, other)));
  expect(told).toEqual(pairs.map(([one, other]) => `${one}/${other}`));
});

it("whoever asks after a look began gets the next one", async () => {
  const { asked, look } = counted();
  const first = look("a", "b");
  await nextTurn();
  const second = look("a", "b");
  await Promise.all([first, second]);
  expect(asked).toHaveLength(2);
});

it("a look that fails is the failure of those who share it, and of nobody after them", async () => {
  const { asked, look } = counted();
  const told = await Promise.allSettled([look("broken", "x"), look("broken", "x")]);
  expect(told.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  await expect(look("broken", "x")).rejects.toThrow("broken");
  expect(asked).toHaveLength(2);
});
