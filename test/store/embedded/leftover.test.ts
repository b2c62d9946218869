/** Other processes around the data folder: a second service, a stranger with the pid, another mongod. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { resolveMongod, silent } from "../../../src/store/embedded/index.ts";
import { identify } from "../../../src/store/embedded/process-identity.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { clientOf, startIn, startService, writeDurably } from "./support.ts";

test("a second service on a folder is refused, and told who holds it", async () => {
  const dataDir = await temporaryFolder();
  const { child, uri } = await startService(dataDir);
  const refused = startIn(`${dataDir}/../${dataDir.split("/").at(-1)}/`); // by another name
  await expect(refused).rejects.toMatchObject({ fault: "folder-in-use" });
  const who = `The data folder ${dataDir} is in use by process ${child.pid}. Stop that one first`;
  await expect(refused).rejects.toThrow(who);
  await writeDurably(clientOf(uri), { _id: "the first goes on" });
});

test("also in one process, and free again after the first has stopped", async () => {
  const dataDir = await temporaryFolder();
  const { mongod } = await startIn(dataDir);
  for (let again = 0; again < 2; again += 1) {
    await expect(startIn(dataDir)).rejects.toThrow(`in use by process ${process.pid}`);
  }
  await mongod.stop();
  await startIn(dataDir);
});

test("of many that start at once, one serves", async () => {
  const dataDir = await temporaryFolder();
  const starts = await Promise.allSettled(Array.from({ length: 5 }, () => startIn(dataDir)));
  expect(starts.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
});

test("a stranger that got the recorded pid is left alone", async () => {
  const dataDir = await temporaryFolder();
  const stranger = spawn("sleep", ["600"], { stdio: "ignore" });
  onTestFinished(() => void stranger.kill());
  const { pid = 0, startedAt = "" } = (await identify(stranger.pid ?? 0)) ?? {};
  const note = { service: { pid, startedAt }, mongod: { pid, startedAt } };
  await writeFile(join(dataDir, "service.json"), JSON.stringify(note));
  await mkdir(join(dataDir, "mongod"));
  await writeFile(join(dataDir, "mongod", "mongod.lock"), `${pid}\n`);
  const { mongod, lines } = await startIn(dataDir);
  await mongod.stop();
  expect(await identify(pid)).toBeDefined();
  expect(lines.filter(({ message }) => /waiting|ending/.test(message))).toEqual([]);
});

test("so is the mongod of another folder", async () => {
  const other = await startIn(await temporaryFolder());
  const { pid = 0, startedAt = "" } = (await identify(other.mongod.pid ?? 0)) ?? {};
  const dataDir = await temporaryFolder();
  const note = { service: { pid: process.pid, startedAt }, mongod: { pid, startedAt } };
  await writeFile(join(dataDir, "service.json"), JSON.stringify(note));
  await startIn(dataDir);
  expect(other.mongod.pid).toBe(pid);
  expect(await identify(pid)).toBeDefined();
});

test("a mongod that somebody runs on the folder by hand is left alone, and named", async () => {
  const dataDir = await temporaryFolder();
  const database = join(dataDir, "mongod");
  await mkdir(database);
  const { path } = await resolveMongod({ report: silent });
  const socket = join(dataDir, "by-hand.sock");
  const byHand = spawn(path, ["--dbpath", database, "--bind_ip", socket], { stdio: "ignore" });
  onTestFinished(async () => {
    byHand.kill("SIGKILL");
    await once(byHand, "exit");
  });
  const lock = () => readFile(join(database, "mongod.lock"), "utf8").catch(() => "");
  await expect.poll(lock, { timeout: 10_000 }).toBe(`${byHand.pid}\n`);
  const failed = startIn(dataDir);
  await expect(failed).rejects.toThrow(/mongod ended with code 100\. .*another mongod uses it/);
  expect(await identify(byHand.pid ?? 0)).toBeDefined();
});
