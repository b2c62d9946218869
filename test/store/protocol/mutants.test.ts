/**
 * Each guard is needed: a store with one of them broken fails the races (or the script of turns) that the
 * true store passes. Deterministic, since every interleaving is played.
 */
import { beforeEach, describe, expect, it, vi } from "vitest";
import { systemClock } from "../../../src/base/clock.ts";
import { systemRandom } from "../../../src/base/random.ts";
import { createStore, type Database } from "../../../src/store/index.ts";
import { newTestJob, silentLog, testLimits } from "../../support/store.ts";
import { openHastyDatabase } from "./hasty.ts";
import { intercept } from "./intercept.ts";
import { mutants } from "./mutants.ts";
import { nameOf, races } from "./race-table.ts";
import { forbidden, play } from "./races.ts";
import { passedOver } from "./turn-script.ts";

const database = await openHastyDatabase();

/** The races among these that end as they must not. */
async function lost(real: Database, acted: Database, names: readonly string[]): Promise<string[]> {
  const chosen = races.filter((race) => names.includes(nameOf(race)));
  const noticed: string[] = [];
  for (const race of chosen) {
    const played = await play(race, { real, acted, atOnce: 0 });
    if (forbidden(race, played).length > 0) noticed.push(nameOf(race));
  }
  return noticed;
}

describe("a guard that is broken is noticed", () => {
  it.each(mutants.map((mutant) => [mutant.name, mutant] as const))(
    "%s",
    async (_, { rewrite, killers }) => {
      const noticed = await lost(database, intercept(database, { rewrite }), killers);
      expect(noticed.sort()).toEqual([...killers].sort());
    },
  );

  it("slots without the unique index", async () => {
    const other = await openHastyDatabase();
    // By the same name, since the look for used slots asks for it.
    await other.jobs.dropIndex("slot");
    await other.jobs.createIndex({ org: 1, slot: 1 }, { name: "slot" });
    const killers = ["two waiting for one slot: claim × claim the other"];
    expect(await lost(other, other, killers)).toEqual(killers);
  });
});

describe("turns", () => {
  let now = 0;
  const ports = {
    clock: { ...systemClock, monotonicMs: () => now },
    random: systemRandom,
    log: silentLog,
  };
  const options = { ...testLimits, defaultCap: 100 };
  const worker = () => createStore(database, ports, options).jobs;
  type Jobs = ReturnType<typeof worker>;
  const claimBy = (jobs: Jobs) => jobs.claim("worker", ["studio"], 1, false);
  /** As a worker does: the timer has fired since the last claim. */
  const claimLater = (jobs: Jobs) => {
    now += 1_000;
    return claimBy(jobs);
  };
  beforeEach(() => {
    now = 0;
  });

  it("nobody is passed over", async () => {
    const jobs = worker();
    expect(await passedOver(database, jobs, () => claimLater(jobs))).toEqual([]);
  });

  it("whoever had the last turn of a claim waits longest", async () => {
    await database.jobs.deleteMany({});
    const jobs = worker();
    for (const organizationId of ["org_a", "org_b", "org_a", "org_b", "org_a", "org_b"]) {
      await jobs.create(newTestJob({ organizationId }));
    }
    const three = await jobs.claim("worker", ["studio"], 3, true);
    const turnsOf = (org: string) => three.filter((one) => one.job.organizationId === org).length;
    const [next] = await claimLater(jobs);
    expect(next?.job.organizationId).toBe(turnsOf("org_a") === 1 ? "org_a" : "org_b");
  });

  it("a ring that is refreshed only when empty is noticed", async () => {
    const jobs = worker();
    expect(await passedOver(database, jobs, () => claimBy(jobs))).not.toEqual([]);
  });

  it("a ring that is new with every claim is noticed", async () => {
    const jobs = worker();
    expect(await passedOver(database, jobs, () => claimLater(worker()))).not.toEqual([]);
  });

  it("a ring that does not remember whom it served before they left is noticed", async () => {
    vi.resetModules();
    vi.doMock("../../../src/store/organization-ring.ts", () => ({
      OrganizationRing: ForgetfulRing,
    }));
    try {
      const forgetful = await import("../../../src/store/index.ts");
      const { jobs } = forgetful.createStore(database, ports, options);
      expect(await passedOver(database, jobs, () => claimLater(jobs))).not.toEqual([]);
    } finally {
      vi.doUnmock("../../../src/store/organization-ring.ts");
      vi.resetModules();
    }
  });
});

/** The ring as an order alone: whoever is not in it is a newcomer, and goes first. */
class ForgetfulRing {
  #order: string[] = [];

  replace(waiting: readonly string[]): void {
    const known = this.#order.filter((organization) => waiting.includes(organization));
    this.#order = [...new Set([...waiting.filter((one) => !known.includes(one)), ...known])];
  }

  next(count: number): string[] {
    return this.#order.slice(0, count);
  }

  toBack(organizations: Iterable<string>): void {
    const served = [...organizations];
    this.#order = [...this.#order.filter((one) => !served.includes(one)), ...served];
  }

  remove(organization: string): void {
    this.#order = this.#order.filter((known) => known !== organization);
  }

  get size(): number {
    return this.#order.length;
  }
}
