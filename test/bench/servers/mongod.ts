/** The service's own embedded mongod, found by its own resolver. */
import { join } from "node:path";
import { MongoClient } from "mongodb";
import { EmbeddedMongod, silent } from "../../../src/store/embedded/index.ts";
import type { Server } from "./server.ts";

export async function startMongod(folder: string): Promise<Server> {
  const mongod = new EmbeddedMongod({ dataDir: join(folder, "mongo"), report: silent });
  await mongod.start();
  const client = await new MongoClient(mongod.uri).connect();
  const { version } = await client.db("admin").command({ buildInfo: 1 });
  await client.close();
  return {
    version,
    url: mongod.uri,
    get pid() {
      return mongod.pid ?? 0;
    },
    stop: () => mongod.stop(),
  };
}
