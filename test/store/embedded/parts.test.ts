/** The small parts that need no mongod: the log's bound, the socket's folder, the lock, exit codes. */
import { chmod, mkdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { FolderLock } from "../../../src/store/embedded/folder-lock.ts";
import { describeExit } from "../../../src/store/embedded/mongod-command.ts";
import { lastErrors, turnOver } from "../../../src/store/embedded/mongod-log.ts";
import { makeSocketFolder } from "../../../src/store/embedded/socket-folder.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

test("a log beyond its bound is moved aside", async () => {
  const file = join(await temporaryFolder(), "mongod.log");
  await turnOver(file, 5); // there is none yet
  await writeFile(file, "12345");
  await turnOver(file, 5);
  expect(await readFile(file, "utf8")).toBe("12345");
  await writeFile(file, "123456");
  await turnOver(file, 5);
  expect(await readFile(file, "utf8")).toBe("");
  expect(await readFile(`${file}.1`, "utf8")).toBe("123456");
});

test("the last errors of a log, from an offset on", async () => {
  const file = join(await temporaryFolder(), "mongod.log");
  const old = '{"s":"E","msg":"old"}\n';
  const lines = [
    '{"s":"I","msg":"fine"}',
    '{"s":"F","msg":"bad","attr":{"error":"why"}}',
    "no JSON",
  ];
  await writeFile(file, old + lines.join("\n"));
  expect(await lastErrors(file, old.length)).toEqual(['bad: "why"', "no JSON"]);
  expect(await lastErrors(`${file}.absent`, 0)).toEqual([]);
});

test("the socket's folder: the preferred one, or a short one of the same name each time", async () => {
  const root = await temporaryFolder();
  const env = { XDG_RUNTIME_DIR: root };
  expect(await makeSocketFolder(join(root, "socket"), root, env)).toBe(join(root, "socket"));
  const long = join(root, "x".repeat(100));
  const folder = await makeSocketFolder(long, long, env);
  expect(folder).toMatch(new RegExp(`^${root}/music-generations-\\d+-[0-9a-f]{16}$`));
  expect(await makeSocketFolder(long, long, env)).toBe(folder);
  expect((await stat(folder)).mode & 0o777).toBe(0o700);
});

test("a folder that is open to others, or is a link, is passed over", async () => {
  const root = await temporaryFolder();
  const env = { XDG_RUNTIME_DIR: root };
  const open = join(root, "open");
  await mkdir(open);
  await chmod(open, 0o755);
  const link = join(root, "link");
  await mkdir(join(root, "target"), { mode: 0o700 });
  await symlink(join(root, "target"), link);
  for (const preferred of [open, link]) {
    expect(await makeSocketFolder(preferred, root, env)).toMatch(/\/music-generations-/);
  }
});

test("the lock is held by one, and released", async () => {
  const file = join(await temporaryFolder(), "lock");
  const lock = FolderLock.tryAcquire(file);
  expect(lock).toBeDefined();
  expect(FolderLock.tryAcquire(file)).toBeUndefined();
  lock?.release();
  lock?.release();
  const again = FolderLock.tryAcquire(file);
  expect(again).toBeDefined();
  again?.release();
});

test("exit codes in words", () => {
  expect(describeExit({ code: null, signal: "SIGKILL" })).toBe("mongod was ended by SIGKILL.");
  expect(describeExit({ code: 62, signal: null })).toMatch(
    /another version of MongoDB.*MONGOD_BINARY/,
  );
  expect(describeExit({ code: 14, signal: null })).toBe("mongod ended with code 14.");
});
