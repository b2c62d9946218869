/** A command beside a service, and one without. */
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { systemClock } from "../../../src/base/clock.ts";
import {
  type AttachOptions,
  attachOrStart,
  resolveMongod,
  silent,
} from "../../../src/store/embedded/index.ts";
import { identify } from "../../../src/store/embedded/process-identity.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import {
  clientOf,
  countThings,
  startIn,
  startService,
  untilGone,
  writeDurably,
} from "./support.ts";

async function attachIn(dataDir: string, options: Partial<AttachOptions> = {}) {
  const database = await attachOrStart({ dataDir, report: silent, ...options });
  onTestFinished(() => database.stop());
  return database;
}

test("beside a service it uses the service's database, and leaves it running", async () => {
  const dataDir = await temporaryFolder();
  const { child, uri, pid } = await startService(dataDir);
  const database = await attachIn(dataDir);
  expect(database).toMatchObject({ attached: true, uri });
  await writeDurably(clientOf(database.uri), { _id: "by the command" });
  await database.stop();
  expect(await countThings(clientOf(uri))).toBe(1);
  expect(await identify(pid)).toBeDefined();
  child.kill("SIGTERM");
  await once(child, "exit");
});

test("without a service it starts a database for its own time", async () => {
  const dataDir = await temporaryFolder();
  const database = await attachIn(dataDir);
  expect(database.attached).toBe(false);
  await writeDurably(clientOf(database.uri), { _id: "by the command" });
  await database.stop();
  const { mongod } = await startIn(dataDir);
  expect(await countThings(clientOf(mongod.uri))).toBe(1);
});

test("a service that is just starting is waited for", async () => {
  const dataDir = await temporaryFolder();
  const locked = Promise.withResolvers<void>();
  const mayStart = Promise.withResolvers<void>();
  const resolve = async () => {
    locked.resolve();
    await mayStart.promise;
    return await resolveMongod({ report: silent });
  };
  const starting = startIn(dataDir, { resolve });
  await locked.promise;
  const sleep = (ms: number) => {
    mayStart.resolve(); // it has looked once, and there was nothing to attach to
    return systemClock.sleep(ms);
  };
  const database = await attachIn(dataDir, { clock: { ...systemClock, sleep } });
  const { mongod } = await starting;
  expect(database).toMatchObject({ attached: true, uri: mongod.uri });
});

test("after a service was killed its database is not attached to", async () => {
  const dataDir = await temporaryFolder();
  const { child, pid } = await startService(dataDir);
  child.kill("SIGKILL");
  await once(child, "exit");
  const database = await attachIn(dataDir);
  expect(database.attached).toBe(false);
  await untilGone(pid, 10_000);
});

test("a note whose writer is gone is not believed, even if a database answers there", async () => {
  const other = await startIn(await temporaryFolder());
  const dataDir = await temporaryFolder();
  const service = { pid: process.pid, startedAt: "another time" };
  await writeFile(
    join(dataDir, "service.json"),
    JSON.stringify({ service, uri: other.mongod.uri }),
  );
  const database = await attachIn(dataDir);
  expect(database.attached).toBe(false);
  expect(database.uri).not.toBe(other.mongod.uri);
});

test("a service whose database does not answer: an error that names it, in bounded time", async () => {
  const dataDir = await temporaryFolder();
  const { child, pid } = await startService(dataDir);
  process.kill(pid, "SIGSTOP");
  onTestFinished(() => void process.kill(pid, "SIGCONT"));
  const failed = attachIn(dataDir, { waitMs: 0 });
  await expect(failed).rejects.toMatchObject({ fault: "folder-in-use" });
  await expect(failed).rejects.toThrow(`in use by process ${child.pid}`);
});
