/** The whole service in this process, on a free port, over a fresh database in the shared mongod. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, inject } from "vitest";
import { readConfig } from "../../src/base/config.ts";
import { randomHex, systemRandom } from "../../src/base/random.ts";
import { createServiceProcess, type ServiceProcess } from "../../src/compose.ts";
import { silentLog } from "./store.ts";

export interface TestService extends ServiceProcess {
  /** A new key of a user in an organization; both are made where they are missing. */
  key(organizationId: string, userId: string): Promise<string>;
}

/** Stopped, and its folder removed, after the tests of the file. */
export async function startTestService(): Promise<TestService> {
  const folder = await mkdtemp(join(tmpdir(), "music-service-"));
  const database = `test_${randomHex(systemRandom, 6)}`;
  const config = readConfig({
    MONGODB_URI: inject("mongoUri").replace(/\/(\?|$)/, `/${database}$1`),
    SIGNING_SECRET: randomHex(systemRandom, 32),
    DATA_DIR: folder,
    PORT: "0",
    GRPC_PORT: "0",
  });
  const service = createServiceProcess(config, {
    log: silentLog,
    onFatal: (error) => {
      throw error;
    },
  });
  await service.start();
  afterAll(async () => {
    await service.stop();
    await rm(folder, { recursive: true, force: true });
  });
  return Object.assign(service, {
    key: async (organizationId: string, userId: string) =>
      (await service.apiKeys.create(organizationId, userId)).key,
  });
}
