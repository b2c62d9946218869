/**
 * A database for tests: a real mongod in a temporary folder of its own, by the same code that serves.
 * Files that need nothing but a database share one instead: see mongo-global.ts.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EmbeddedMongod, silent } from "../../src/store/embedded/index.ts";

export interface TestMongo {
  /** For `new MongoClient(uri)`. */
  readonly uri: string;
  readonly dataDir: string;
  /** Stops mongod and removes its folder. */
  stop(): Promise<void>;
  /** Signals mongod, which is then started again (unless stopped). */
  kill(signal: NodeJS.Signals): void;
}

/** Starts a mongod of the caller's own, in about a second. */
export async function startTestMongo(): Promise<TestMongo> {
  const dataDir = await mkdtemp(join(tmpdir(), "music-generations-test-"));
  const mongod = new EmbeddedMongod({ dataDir, report: silent });
  await mongod.start();
  return {
    uri: mongod.uri,
    dataDir,
    stop: async () => {
      await mongod.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
    kill: (signal) => {
      if (mongod.pid !== undefined) process.kill(mongod.pid, signal);
    },
  };
}
