/** A fresh database in the mongod that all test files share (mongo-global.ts). */
import { type Db, MongoClient } from "mongodb";
import { inject } from "vitest";
import { systemRandom } from "../../src/base/random.ts";

export interface SharedDatabase {
  readonly client: MongoClient;
  readonly db: Db;
  /** The URI of the server, for code under test that makes its own client. */
  readonly uri: string;
  /** Drops the database and closes the client. */
  close(): Promise<void>;
}

/** Needs `globalSetup: ["test/support/mongo-global.ts"]` in the vitest configuration. */
export async function sharedDatabase(): Promise<SharedDatabase> {
  const uri = inject("mongoUri");
  const client = await new MongoClient(uri).connect();
  const db = client.db(`test_${systemRandom.hex(6)}`);
  const close = async () => {
    await db.dropDatabase();
    await client.close();
  };
  return { client, db, uri, close };
}
