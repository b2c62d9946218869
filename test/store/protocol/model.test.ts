/**
 * Random commands against a real mongod, compared with the model after each. A counterexample shrinks to a
 * trace that says what was done and how it went; its seed repeats it.
 */
import { expect, it } from "vitest";
import { openHastyDatabase } from "./hasty.ts";
import { runRandomly } from "./random-runs.ts";

const database = await openHastyDatabase();
/** More of them in `npm run soak`. */
const numRuns = Number(process.env["FC_RUNS"] ?? 150);
const seed = process.env["FC_SEED"] === undefined ? undefined : Number(process.env["FC_SEED"]);

it("does what the model does, and keeps every invariant", async () => {
  const details = await runRandomly(database, { numRuns, seed, shrink: true });
  const { failed, errorInstance } = details;
  const fault = errorInstance instanceof Error ? errorInstance.message : undefined;
  expect(failed ? `seed ${details.seed}: ${fault}` : "", fault ?? "").toBe("");
}, 3_600_000);
