/**
 * The test database with writes that are not waited for on disk: the order of writes is proven here, not
 * their durability, and three times as many runs fit into the same time.
 */
import type { Database } from "../../../src/store/index.ts";
import { openTestStore } from "../../support/store.ts";

export async function openHastyDatabase(): Promise<Database> {
  const { database } = await openTestStore();
  const writeConcern = { w: 1, journal: false } as const;
  const { db } = database;
  return {
    ...database,
    jobs: db.collection("jobs", { writeConcern }),
    organizations: db.collection("organizations", { writeConcern }),
  };
}
