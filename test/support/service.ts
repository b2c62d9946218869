/** The whole service in this process, on a free port, over a fresh database in the shared mongod. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Tracer } from "@opentelemetry/api";
import { afterAll, inject } from "vitest";
import { type Role, readConfig } from "../../src/base/config.ts";
import { systemRandom } from "../../src/base/random.ts";
import { createServiceProcess, type ServiceProcess } from "../../src/compose.ts";
import type { KeyScope } from "../../src/generations/identity.ts";
import { silentLog } from "./store.ts";

export interface TestServiceOptions {
  readonly role?: Role;
  /** Settings beside those that keep it to itself. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly tracer?: Tracer;
}

export interface TestService extends ServiceProcess {
  readonly databaseUri: string;
  /** A new key of a user in an organization; both are made where they are missing. */
  key(organizationId: string, userId: string, scopes?: readonly KeyScope[]): Promise<string>;
}

/** Stopped, and its folder removed, after the tests of the file. */
export async function startTestService({
  role = "all",
  settings = {},
  tracer,
}: TestServiceOptions = {}): Promise<TestService> {
  const folder = await mkdtemp(join(tmpdir(), "music-service-"));
  const database = `test_${systemRandom.hex(6)}`;
  const databaseUri = inject("mongoUri").replace(/\/(\?|$)/, `/${database}$1`);
  const config = readConfig({
    MONGODB_URI: databaseUri,
    SIGNING_SECRET: systemRandom.hex(32),
    DATA_DIR: folder,
    PORT: "0",
    GRPC_PORT: "0",
    ...settings,
  });
  const onFatal = (error: Error) => {
    throw error;
  };
  const service = createServiceProcess(
    config,
    { log: silentLog, onFatal, ...(tracer && { tracer }) },
    role,
  );
  await service.start();
  afterAll(async () => {
    await service.stop();
    await rm(folder, { recursive: true, force: true });
  });
  return Object.assign(service, {
    databaseUri,
    key: async (organizationId: string, userId: string, scopes?: readonly KeyScope[]) =>
      (await service.apiKeys.create(organizationId, userId, scopes && { scopes })).key,
  });
}
