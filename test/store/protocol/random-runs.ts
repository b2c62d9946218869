/** Random commands of clients, workers, sweepers and time, compared with the model after each. */
import fc from "fast-check";
import type { Database } from "../../../src/store/index.ts";
import { cancel, create, pass, setCap, sweep } from "./client-commands.ts";
import type { Command } from "./command.ts";
import type { Rewrite } from "./intercept.ts";
import { Model } from "./model.ts";
import {
  claim,
  exit,
  exitsTogether,
  heartbeat,
  overtakenClaim,
  staleWrite,
} from "./worker-commands.ts";
import { createWorld, engines, initialCaps, organizations } from "./world.ts";

const organization = fc.constantFrom(...organizations);
const choice = fc.nat(11);
const exitKind = fc.constantFrom("succeed", "fail", "refuse", "release", "retry", "retry");
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

const look = fc.record({
  worker: fc.nat(2),
  room: fc.integer({ min: 1, max: 4 }),
  occasion: fc.constantFrom("hint", "timer", "none"),
});
const creates = fc
  .tuple(
    organization,
    fc.constantFrom(...engines),
    fc.option(fc.constantFrom("k1", "k2"), { freq: 2 }),
    fc.constantFrom("x", "x", "y"),
  )
  .map((args) => create(...args));
const claims = look.map((args) => claim(args));
const beats = fc.tuple(choice, fc.option(fc.nat(100))).map((args) => heartbeat(...args));
const exits = fc.tuple(choice, exitKind).map((args) => exit(...args));
const togetherExits = fc
  .array(exitKind, { minLength: 1, maxLength: 3 })
  .map((kinds) => exitsTogether(kinds));
const staleWrites = fc
  .tuple(
    choice,
    fc.constantFrom("old", "token", "epoch"),
    fc.oneof(exitKind, fc.constant("heartbeat" as const)),
  )
  .map((args) => staleWrite(...args));
const cancels = choice.map(cancel);
const passes = fc.tuple(choice, time).map((args) => pass(...args));
const caps = fc.tuple(organization, fc.nat(4)).map((args) => setCap(...args));
/** What may come between a look and its write. */
const meanwhile: fc.Arbitrary<Command> = fc.oneof(
  claims,
  beats,
  exits,
  cancels,
  sweeps.map((kind) => sweep(kind)),
);

/** What is often needed before anything else can happen is often there. */
const weighted: readonly (readonly [number, fc.Arbitrary<Command>])[] = [
  [6, creates],
  [5, claims],
  [2, fc.tuple(look, meanwhile).map((args) => overtakenClaim(...args))],
  [2, beats],
  [4, exits],
  [2, togetherExits],
  [2, staleWrites],
  [2, cancels],
  [3, passes],
  [2, sweeps.map((kind) => sweep(kind))],
  [2, fc.tuple(sweeps, meanwhile).map((args) => sweep(...args))],
  [1, caps],
];

const commands = fc.commands(
  weighted.flatMap(([weight, arbitrary]) => Array.from({ length: weight }, () => arbitrary)),
  { size: "max", maxCommands: 80 },
);

export interface RandomRuns {
  readonly numRuns: number;
  readonly seed: number | undefined;
  /** Breaks the guards, to see that it is noticed. */
  readonly rewrite?: Rewrite;
  /** Without it the first counterexample is not made shorter. */
  readonly shrink: boolean;
}

/** The random runs over this database, which is emptied before each; how it went, with the shortest trace to a fault. */
export function runRandomly(database: Database, runs: RandomRuns) {
  const { numRuns, seed, rewrite, shrink } = runs;
  return fc.check(
    fc.asyncProperty(commands, async (trace) => {
      const setup = async () => ({
        model: new Model(initialCaps),
        real: await createWorld(database, rewrite),
      });
      await fc.asyncModelRun(setup, trace);
    }),
    { numRuns, endOnFailure: !shrink, ...(seed !== undefined && { seed }) },
  );
}
