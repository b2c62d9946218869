/** Who dies when somebody is killed, and what is there afterwards. */
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
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

test("SIGKILL of the service: mongod is gone within 5 s, the writes are there", async () => {
  const dataDir = await temporaryFolder();
  const { child, uri, pid, watcherPid } = await startService(dataDir);
  const client = clientOf(uri);
  await writeDurably(client, { _id: "acknowledged" });
  await client.close();
  child.kill("SIGKILL");
  await Promise.all([untilGone(pid, 5_000), untilGone(watcherPid, 5_000)]);
  const { mongod } = await startIn(dataDir);
  expect(await countThings(clientOf(mongod.uri))).toBe(1);
});

test("a start right after SIGKILL waits for the old mongod, and starts its own", async () => {
  const dataDir = await temporaryFolder();
  const { child, uri, pid } = await startService(dataDir);
  await writeDurably(clientOf(uri), { _id: "acknowledged" });
  child.kill("SIGKILL");
  await once(child, "exit");
  const { mongod, lines } = await startIn(dataDir);
  expect(lines.map(({ message }) => message)).toContain(
    `waiting for mongod ${pid} of an earlier service to end`,
  );
  expect(mongod.pid).not.toBe(pid);
  expect(await identify(pid)).toBeUndefined();
  expect(await countThings(clientOf(mongod.uri))).toBe(1);
});

test("service and watcher both killed: the next start ends the mongod they left", async () => {
  const dataDir = await temporaryFolder();
  const { child, uri, pid, watcherPid } = await startService(dataDir);
  await writeDurably(clientOf(uri), { _id: "acknowledged" });
  child.kill("SIGSTOP"); // so that it can't help
  process.kill(watcherPid, "SIGKILL");
  await untilGone(watcherPid, 5_000).finally(() => child.kill("SIGKILL"));
  await once(child, "exit");
  expect(await identify(pid)).toBeDefined();
  const { mongod, lines } = await startIn(dataDir);
  expect(lines.map(({ message }) => message)).toContain(
    `ending mongod ${pid}, which an earlier service left behind`,
  );
  expect(await countThings(clientOf(mongod.uri))).toBe(1);
});

test("signals to the service's group and to the watcher leave mongod serving", async () => {
  const dataDir = await temporaryFolder();
  const { child, uri, pid, watcherPid } = await startService(dataDir);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.kill(watcherPid, signal);
  process.kill(-(child.pid ?? 0), "SIGINT"); // Ctrl-C; this service goes on, as one that drains
  await writeDurably(clientOf(uri), { _id: "while it drains" });
  expect(await identify(pid)).toBeDefined();
  if (process.platform === "linux") expect(await groupOf(pid)).toBe(watcherPid);
});

/** The process group of `pid`: the fifth field, counted after the name in parentheses. */
async function groupOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8");
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[2]);
}

test("a service that stops takes everything with it", async () => {
  const { child, pid, watcherPid } = await startService(await temporaryFolder());
  child.kill("SIGTERM");
  expect(await once(child, "exit")).toEqual([0, null]);
  expect(await identify(pid)).toBeUndefined();
  expect(await identify(watcherPid)).toBeUndefined();
});

test("mongod killed while serving: it comes back, and the client with it", async () => {
  const { mongod, lines } = await startIn(await temporaryFolder());
  const { pid = 0, uri } = mongod;
  const client = clientOf(uri);
  await writeDurably(client, { _id: "1" });
  process.kill(pid, "SIGKILL");
  await writeDurably(client, { _id: "2" }); // within 6 s
  expect(await countThings(client)).toBe(2);
  expect(mongod.uri).toBe(uri);
  expect(mongod.pid).not.toBe(pid);
  expect(lines.at(-2)?.message).toBe("mongod was ended by SIGKILL. Starting it again");
  expect(lines.at(-1)?.message).toMatch(/^mongod serves again after/);
});

test("the watcher killed: mongod is ended and started under a new one", async () => {
  const { mongod } = await startIn(await temporaryFolder());
  const { pid, watcherPid = 0, uri } = mongod;
  const client = clientOf(uri);
  await writeDurably(client, { _id: "1" });
  process.kill(watcherPid, "SIGKILL");
  await untilGone(pid, 5_000);
  await writeDurably(client, { _id: "2" });
  expect(await countThings(client)).toBe(2);
  expect(mongod.watcherPid).not.toBe(watcherPid);
});
