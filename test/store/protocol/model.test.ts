/**
 * Random commands of clients, workers, sweepers and time against a real mongod, compared with the model
 * after each. A counterexample shrinks to a trace that says what was done and how it went.
 */
import fc from "fast-check";
import { it } from "vitest";
import { cancel, create, pass, setCap, sweep } from "./client-commands.ts";
import type { Command } from "./command.ts";
import { openHastyDatabase } from "./hasty.ts";
import { Model } from "./model.ts";
import { claim, exit, heartbeat, staleWrite } from "./worker-commands.ts";
import { createWorld, engines, initialCaps, organizations } from "./world.ts";

const database = await openHastyDatabase();
/** More of them in `npm run soak`. */
const numRuns = Number(process.env["FC_RUNS"] ?? 100);
const seed = process.env["FC_SEED"];

const organization = fc.constantFrom(...organizations);
const choice = fc.nat(11);
const exitKind = fc.constantFrom("succeed", "fail", "refuse", "release", "retry");
const time = fc.oneof(
  { weight: 5, arbitrary: fc.constant("lease.expiresAt" as const) },
  { weight: 3, arbitrary: fc.constant("notBefore" as const) },
  { weight: 1, arbitrary: fc.constantFrom("lease.deadlineAt", "deadlineAt") },
);
const sweeps = fc.constantFrom(
  "sweepLapsed",
  "sweepLapsed",
  "sweepDue",
  "sweepDue",
  "sweepExpired",
);

/** What is often needed before anything else can happen is often there. */
const weighted: readonly (readonly [number, fc.Arbitrary<Command>])[] = [
  [
    6,
    fc
      .tuple(
        organization,
        fc.constantFrom(...engines),
        fc.option(fc.constantFrom("k1", "k2"), { freq: 2 }),
        fc.constantFrom("x", "x", "y"),
      )
      .map((args) => create(...args)),
  ],
  [
    6,
    fc
      .tuple(fc.nat(2), fc.integer({ min: 1, max: 4 }), fc.constantFrom("hint", "timer", "none"))
      .map((args) => claim(...args)),
  ],
  [2, fc.tuple(choice, fc.option(fc.nat(100))).map((args) => heartbeat(...args))],
  [4, fc.tuple(choice, exitKind).map((args) => exit(...args))],
  [
    2,
    fc
      .tuple(
        choice,
        fc.constantFrom("old", "token", "epoch"),
        fc.oneof(exitKind, fc.constant("heartbeat" as const)),
      )
      .map((args) => staleWrite(...args)),
  ],
  [2, choice.map(cancel)],
  [3, fc.tuple(choice, time).map((args) => pass(...args))],
  [3, sweeps.map(sweep)],
  [1, fc.tuple(organization, fc.nat(3)).map((args) => setCap(...args))],
];

const commands = fc.commands(
  weighted.flatMap(([weight, arbitrary]) => Array.from({ length: weight }, () => arbitrary)),
  { size: "max", maxCommands: 80 },
);

it("does what the model does, and keeps every invariant", async () => {
  await fc.assert(
    fc.asyncProperty(commands, async (trace) => {
      const setup = async () => ({
        model: new Model(initialCaps),
        real: await createWorld(database),
      });
      await fc.asyncModelRun(setup, trace);
    }),
    { numRuns, ...(seed !== undefined && { seed: Number(seed) }) },
  );
}, 3_600_000);
