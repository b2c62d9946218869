/** What must hold of the jobs after a fault, whatever the fault was. */
import { expect } from "vitest";
import type { JobDocument } from "../../src/store/documents.ts";
import type { Database } from "../../src/store/index.ts";
import { faultsOfStep } from "../store/protocol/invariants.ts";
import { testLimits } from "../support/store.ts";

/** Changes between two looks of these tests: any number that a job may live through. */
const manyChanges = 1_000;

/** Looks at all jobs again and again: each look is checked against the one before. */
export class Audit {
  readonly #database: Database;
  readonly #cap: number;
  readonly #faults: string[] = [];
  #seen: readonly JobDocument[] = [];

  constructor(database: Database, cap = testLimits.defaultCap) {
    this.#database = database;
    this.#cap = cap;
  }

  /** All jobs as they are now. @throws when an invariant broke since the last look */
  async look(): Promise<readonly JobDocument[]> {
    // Of one moment: a plain read of many may see one job before, and another after a change.
    const jobs = await this.#database.client.withSession({ snapshot: true }, (session) =>
      this.#database.jobs.find({}, { session }).toArray(),
    );
    const step = {
      before: { jobs: this.#seen },
      after: { jobs },
      capOf: () => this.#cap,
      changes: manyChanges,
    };
    // Kept, since a poll looks again after it has failed.
    this.#faults.push(...faultsOfStep(step));
    this.#seen = jobs;
    expect(this.#faults).toEqual([]);
    return jobs;
  }

  /** Looks until every job has ended; how they did. */
  async untilAllEnded(timeout = 60_000): Promise<readonly JobDocument[]> {
    const unfinished = async () => (await this.look()).filter(({ phase }) => phase !== "ended");
    await expect.poll(unfinished, { timeout, interval: 50 }).toEqual([]);
    return this.#seen;
  }
}
