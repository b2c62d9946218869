/** The embedded mongod from start to stop, and what it is on the outside while it serves. */
import { mkdir, readdir, readFile, readlink, rename, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { EmbeddedMongod, silent } from "../../../src/store/embedded/index.ts";
import { identify } from "../../../src/store/embedded/process-identity.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { clientOf, countThings, exists, socketOf, startIn, writeDurably } from "./support.ts";

test("it serves transactions and change streams, and leaves nothing behind", async () => {
  const dataDir = join(await temporaryFolder(), "data");
  const { mongod } = await startIn(dataDir);
  const { uri, pid, watcherPid } = mongod;
  const socket = socketOf(uri);
  expect(socket).toBe(join(dataDir, "mongod-socket", "mongod.sock"));
  const client = clientOf(uri);
  const things = client.db("test").collection("things");
  await things.insertOne({ first: true });
  const changes = things.watch();
  await changes.tryNext();
  await client.withSession((session) =>
    session.withTransaction(() => things.insertOne({ second: true }, { session })),
  );
  expect(await changes.next()).toMatchObject({ operationType: "insert" });
  await client.close();
  await mongod.stop();
  for (const each of [pid, watcherPid]) expect(await identify(each ?? 0)).toBeUndefined();
  expect(await exists(dirname(socket))).toBe(false);
  expect((await readdir(dataDir)).sort()).toEqual(["mongod", "mongod.log", "service.lock"]);
});

test("an existing folder is served again, with what was written", async () => {
  const dataDir = await temporaryFolder();
  const first = await startIn(dataDir);
  await writeDurably(clientOf(first.mongod.uri), { _id: "1" });
  await first.mongod.stop();
  const second = await startIn(dataDir);
  expect(await countThings(clientOf(second.mongod.uri))).toBe(1);
});

test("stop is idempotent, also without and during a start", async () => {
  const dataDir = await temporaryFolder();
  const never = new EmbeddedMongod({ dataDir, report: silent });
  await Promise.all([never.stop(), never.stop()]);
  const interrupted = new EmbeddedMongod({ dataDir, report: silent });
  const starting = interrupted.start();
  const failed = expect(starting).rejects.toThrow(/stopped before it served/);
  await interrupted.stop();
  await failed;
  const { mongod } = await startIn(dataDir); // the folder is free
  await Promise.all([mongod.stop(), mongod.stop()]);
});

test("nobody else gets at it: no TCP port, a folder of its own", async () => {
  const dataDir = await temporaryFolder();
  const { mongod } = await startIn(dataDir);
  const folder = dirname(socketOf(mongod.uri));
  expect((await stat(folder)).mode & 0o777).toBe(0o700);
  expect((await stat(join(dataDir, "mongod"))).mode & 0o777).toBe(0o700);
  for (const file of ["service.json", "service.lock", "mongod.log"]) {
    expect((await stat(join(dataDir, file))).mode & 0o777, file).toBe(0o600);
  }
  if (process.platform === "linux") expect(await tcpSocketsOf(mongod.pid)).toEqual([]);
});

/** The sockets of process `pid` that the kernel lists under TCP. */
async function tcpSocketsOf(pid: number | undefined): Promise<string[]> {
  const descriptors = await readdir(`/proc/${pid}/fd`);
  const links = descriptors.map((fd) => readlink(`/proc/${pid}/fd/${fd}`).catch(() => ""));
  const inodes = (await Promise.all(links)).flatMap(
    (link) => /^socket:\[(\d+)]$/.exec(link)?.[1] ?? [],
  );
  expect(inodes.length).toBeGreaterThan(0); // its Unix socket at least
  const tables = ["tcp", "tcp6"].map((name) => readFile(`/proc/${pid}/net/${name}`, "utf8"));
  const listed = (await Promise.all(tables)).join("\n").split("\n");
  return listed.filter((line) => inodes.includes(line.trim().split(/\s+/)[9] ?? ""));
}

test.each([
  ["too long", "a".repeat(120)],
  ["of other characters", "My Music, Ünsorted"],
])("a data folder whose path is %s for a socket", async (_, name) => {
  const dataDir = join(await temporaryFolder(), name, "data");
  const { mongod } = await startIn(dataDir);
  const folder = dirname(socketOf(mongod.uri));
  expect(folder).toMatch(/\/music-generations-\d+-[0-9a-f]{16}$/);
  expect((await stat(folder)).mode & 0o777).toBe(0o700);
  await writeDurably(clientOf(mongod.uri), { _id: "1" });
  await mongod.stop();
  expect(await exists(folder)).toBe(false);
});

test("a data folder that was moved", async () => {
  const root = await temporaryFolder();
  const first = await startIn(join(root, "before"));
  await writeDurably(clientOf(first.mongod.uri), { _id: "1" });
  await first.mongod.stop();
  await rename(join(root, "before"), join(root, "after"));
  const { mongod } = await startIn(join(root, "after"));
  const client = clientOf(mongod.uri);
  await writeDurably(client, { _id: "2" });
  expect(await countThings(client)).toBe(2);
});

test("a mongod that can't start says why, and leaves the folder free", async () => {
  const dataDir = await temporaryFolder();
  await mkdir(join(dataDir, "mongod"));
  for (const name of ["WiredTiger", "WiredTiger.wt", "storage.bson"]) {
    await writeFile(join(dataDir, "mongod", name), "damaged");
  }
  const failed = startIn(dataDir);
  await expect(failed).rejects.toMatchObject({ fault: "mongod-failed" });
  await expect(failed).rejects.toThrow(
    /^mongod ended with code 14\.\n.*metadata file.*InvalidBSON/,
  );
  await expect(failed).rejects.toThrow(`The log is ${join(dataDir, "mongod.log")}.`);
  await expect(startIn(dataDir)).rejects.toMatchObject({ fault: "mongod-failed" }); // not "in use"
});
