/** Every state of the small protocol keeps the invariants, and no guard can be taken away unnoticed. */
import { describe, expect, it } from "vitest";
import { type Guard, guards } from "./exhaustive.ts";
import { explore } from "./exploration.ts";

const deep = process.env["FC_RUNS"] !== undefined;

describe("the small protocol", () => {
  it("keeps every invariant in every order of steps", () => {
    const { counterexample, states } = explore([], { sweepers: 1, epochs: deep ? 4 : 3 });
    expect(counterexample).toBeNull();
    expect(states).toBeGreaterThan(10_000);
  });

  it("keeps them with two sweepers", () => {
    const { counterexample } = explore([], { sweepers: 2, epochs: deep ? 3 : 2 });
    expect(counterexample).toBeNull();
  });
});

const few = { sweepers: 1, epochs: 2 };

describe("a guard that is taken away", () => {
  const needed: readonly [Guard[], string, sweepers?: number][] = [
    [["claim: phase is waiting"], "a terminal state changed"],
    [["claim: slot is unique"], "more jobs run than the cap allows"],
    [["exit: cancel condition"], "an acknowledged cancel was followed by success"],
    [["lapse: phase is running"], "a terminal state changed"],
    [["lapse: lease is out"], "lapse of a job whose time had not come"],
    [["lapse: cancel condition"], "a cancelled job is queued again"],
    [["due: phase is backoff"], "a terminal state changed"],
    [["due: backoff is over"], "due of a job whose time had not come", 2],
    [["cancel: phase is not ended"], "a terminal state changed"],
    // The fence is double: the token alone tells an old lease, and so do phase and epoch together.
    [["fence: token", "fence: epoch"], "a write by an old lease changed a job"],
    [["fence: token", "fence: phase is running"], "a write by an old lease changed a job"],
  ];

  it.each(needed)("%s: %s", (missing, fault, sweepers = 1) => {
    const { counterexample } = explore(missing, { ...few, sweepers });
    expect(counterexample?.fault).toBe(fault);
  });

  it("each guard is among them", () => {
    expect(new Set(needed.flatMap(([missing]) => missing))).toEqual(new Set(guards));
  });

  it("is readable: the shortest trace", () => {
    expect(explore(["lapse: lease is out"], few).counterexample?.trace).toEqual([
      "worker 1 sees job 1",
      "worker 1 claims job 1",
      "time passes for job 1",
      "sweeper 1 sees job 1: lapse",
      "worker 1: release of job 1",
      "worker 1 sees job 1",
      "worker 1 claims job 1",
      "sweeper 1: lapse of job 1",
    ]);
  });

  it.each<[Guard[]]>([[["fence: token"]], [["fence: epoch", "fence: phase is running"]]])(
    "%s: the other half of the fence holds",
    (missing) => {
      expect(explore(missing, few).counterexample).toBeNull();
    },
  );
});
