/** The table of races against a real mongod: every interleaving of the steps, and truly at once. */
import { describe, expect, it } from "vitest";
import { openHastyDatabase } from "./hasty.ts";
import { nameOf, races } from "./race-table.ts";
import { forbidden, play } from "./races.ts";

const database = await openHastyDatabase();
/** More of them in `npm run soak`. */
const atOnce = Number(process.env["RACE_RUNS"] ?? 3);

describe("races", () => {
  it.each(races.map((race) => [nameOf(race), race] as const))("%s", async (_, race) => {
    const played = await play(race, { real: database, acted: database, atOnce });
    expect(forbidden(race, played)).toEqual([]);
    // Both serial orders are among the interleavings, so each outcome of the row is a real one.
    expect(new Set(played.map(({ outcome }) => outcome))).toEqual(new Set(race.outcomes));
  });
});
