/** The file store: the suite of every store, and what only files can get wrong. */
import { chmod, mkdir, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { afterEach, beforeEach, expect, test } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import { systemRandom } from "../../src/base/random.ts";
import { FileArtifactStore } from "../../src/media/file-store.ts";
import { artifactStoreSuite } from "./artifact-store-suite.ts";
import { bytesOf, chunks, collect } from "./support.ts";

let parent: string;
let folder: string;
let store: FileArtifactStore;
const mp3 = { mimeType: "audio/mpeg" };

const newStore = () => new FileArtifactStore({ folder, clock: systemClock, random: systemRandom });

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), "file-store-"));
  folder = join(parent, "data", "artifacts");
  store = newStore();
  await store.start();
});
afterEach(async () => {
  await store.stop();
  await rm(parent, { recursive: true, force: true });
});

artifactStoreSuite(() => store);

const everything = async () =>
  (await readdir(folder, { recursive: true, withFileTypes: true })).map((entry) => ({
    path: join(entry.parentPath, entry.name),
    isFile: entry.isFile(),
  }));

test("everything is for the owner alone, also in a folder that was not", async () => {
  await chmod(folder, 0o755);
  await newStore().start();
  await store.put("tracks/mgen_1/1/master.mp3", chunks(bytesOf(10)), mp3);
  const entries = await everything();
  expect(entries.filter(({ isFile }) => isFile)).toHaveLength(2);
  for (const { path, isFile } of [...entries, { path: folder, isFile: false }]) {
    expect([path, (await stat(path)).mode & 0o777]).toEqual([path, isFile ? 0o600 : 0o700]);
  }
});

test("until its last step a put is seen by nobody", async () => {
  let looked = false;
  store.probe.on("written", async ({ name }) => {
    expect(await store.stat(name)).toBeNull();
    expect(await store.read(name)).toBeNull();
    expect(await collect(store.list(new Date(8.64e15)))).toEqual([]);
    looked = true;
  });
  await store.put("a/b", chunks(bytesOf(10)), mp3);
  expect(looked).toBe(true);
  expect((await store.stat("a/b"))?.size).toBe(10);
});

test("what a killed process left is removed at start, what it had finished is kept", async () => {
  await store.put("a/kept", chunks(bytesOf(10)), mp3);
  await mkdir(join(folder, ".incoming", "0123"));
  await writeFile(join(folder, ".incoming", "0123", "master.mp3"), "half");
  const next = newStore();
  await next.start();
  expect(await readdir(join(folder, ".incoming"))).toEqual([]);
  expect((await buffer((await next.read("a/kept"))!)).equals(bytesOf(10))).toBe(true);
});

test("puts and deletes of neighbours do not pull the folder away from each other", async () => {
  const rounds = Array.from({ length: 25 }, async (_, i) => {
    const name = `tracks/shared/${i}`;
    await store.put(name, chunks(bytesOf(100, i)), mp3);
    expect((await buffer((await store.read(name))!)).equals(bytesOf(100, i))).toBe(true);
    expect(await store.delete(name)).toBe(true);
  });
  await Promise.all(rounds);
  expect((await everything()).map(({ path }) => path)).toEqual([join(folder, ".incoming")]);
});

test("a description that was tampered with is an error, not an artifact", async () => {
  await store.put("a/b", chunks(bytesOf(10)), mp3);
  await writeFile(join(folder, "a", "+b", ".about.json"), '{"size":-1}');
  await expect(store.stat("a/b")).rejects.toThrow("damaged");
});
