/** What every artifact store must do; each store runs it from a test file of its own. */
import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { expect, test } from "vitest";
import {
  ArtifactExists,
  type ArtifactStore,
  InvalidArtifactName,
} from "../../src/generations/artifacts.ts";
import { bytesOf, chunks, collect } from "./support.ts";

const mp3 = { mimeType: "audio/mpeg" };

/** Registers the suite; `store()` is the store of the test that runs, empty. */
export function artifactStoreSuite(store: () => ArtifactStore): void {
  test("what is put comes back whole, with its size, digest and type", async () => {
    const bytes = bytesOf(700_001);
    const info = await store().put("tracks/mgen_1/1/master.mp3", chunks(bytes), mp3);
    expect(info).toMatchObject({
      name: "tracks/mgen_1/1/master.mp3",
      size: 700_001,
      sha256: createHash("sha256").update(bytes).digest("hex"),
      mimeType: "audio/mpeg",
    });
    expect(await store().stat(info.name)).toEqual(info);
    expect(bytes.equals(await buffer((await store().read(info.name))!))).toBe(true);
  });

  test("a file is taken by its path", async () => {
    const folder = await mkdtemp(join(tmpdir(), "artifact-"));
    const bytes = bytesOf(300_000);
    await writeFile(join(folder, "x"), bytes);
    await store().put("a/from-path", join(folder, "x"), mp3);
    await rm(folder, { recursive: true });
    expect(bytes.equals(await buffer((await store().read("a/from-path"))!))).toBe(true);
  });

  test("a span is exactly those bytes; one outside is refused", async () => {
    const bytes = bytesOf(1000);
    await store().put("a/span", chunks(bytes), mp3);
    for (const [start, end] of [
      [0, 0],
      [999, 999],
      [10, 500],
      [0, 999],
    ] as const) {
      const got = await buffer((await store().read("a/span", { start, end }))!);
      expect(got.equals(bytes.subarray(start, end + 1))).toBe(true);
    }
    for (const [start, end] of [
      [0, 1000],
      [-1, 5],
      [6, 5],
      [1000, 1000],
      [0.5, 3],
    ] as const) {
      await expect(store().read("a/span", { start, end })).rejects.toThrow(RangeError);
    }
  });

  test("nothing at all can be an artifact", async () => {
    const { size } = await store().put("a/empty", chunks(Buffer.alloc(0)), mp3);
    expect(size).toBe(0);
    expect((await buffer((await store().read("a/empty"))!)).length).toBe(0);
  });

  test("an artifact never changes: the same again is fine, anything else is refused", async () => {
    const first = await store().put("a/b", chunks(Buffer.from("one")), mp3);
    expect(await store().put("a/b", chunks(Buffer.from("one")), mp3)).toEqual(first);
    const other = store().put("a/b", chunks(Buffer.from("two")), mp3);
    await expect(other).rejects.toThrow(ArtifactExists);
    const typed = store().put("a/b", chunks(Buffer.from("one")), { mimeType: "audio/flac" });
    await expect(typed).rejects.toThrow(ArtifactExists);
    expect(String(await buffer((await store().read("a/b"))!))).toBe("one");
  });

  test("of many puts of one name at once exactly one is kept, and it is whole", async () => {
    const puts = await Promise.allSettled(
      Array.from({ length: 12 }, (_, i) => store().put("a/raced", chunks(bytesOf(90_000, i)), mp3)),
    );
    const kept = puts.filter(({ status }) => status === "fulfilled");
    expect(kept).toHaveLength(1);
    const winner = puts.findIndex(({ status }) => status === "fulfilled");
    const got = await buffer((await store().read("a/raced"))!);
    expect(got.equals(bytesOf(90_000, winner))).toBe(true);
  });

  test("a put whose source fails leaves nothing, and the name is free", async () => {
    async function* broken() {
      yield Buffer.from("half");
      throw new Error("the source broke");
    }
    await expect(store().put("a/broken", broken(), mp3)).rejects.toThrow("the source broke");
    expect(await store().stat("a/broken")).toBeNull();
    expect(await store().read("a/broken")).toBeNull();
    await store().put("a/broken", chunks(Buffer.from("whole")), mp3);
    expect((await store().stat("a/broken"))?.size).toBe(5);
  });

  test("a deleted artifact is gone, but a reader that has begun gets all of it", async () => {
    const bytes = bytesOf(3_000_000);
    await store().put("a/gone", chunks(bytes), mp3);
    const stream = (await store().read("a/gone"))!;
    expect(await store().delete("a/gone")).toBe(true);
    expect(await store().delete("a/gone")).toBe(false);
    expect(await store().stat("a/gone")).toBeNull();
    expect(await store().read("a/gone")).toBeNull();
    expect(bytes.equals(await buffer(stream))).toBe(true);
  });

  test("a name may begin with another name", async () => {
    await store().put("a", chunks(Buffer.from("short")), mp3);
    await store().put("a/a", chunks(Buffer.from("long")), mp3);
    expect(await store().delete("a")).toBe(true);
    expect((await store().stat("a/a"))?.size).toBe(4);
  });

  test.each([
    "",
    "/etc/passwd",
    "../x",
    "a/../b",
    "a/..",
    "a//b",
    "a/",
    "./a",
    "a/.hidden",
    "a\\b",
    "a\0b",
    "a b",
    "a%2fb",
    "+a",
    "ä",
    "a\n",
    "x".repeat(101),
    Array(9).fill("a").join("/"),
    `${Array(3).fill("x".repeat(90)).join("/")}`,
  ])("%j is no name", async (name) => {
    await expect(store().put(name, chunks(Buffer.from("x")), mp3)).rejects.toThrow(
      InvalidArtifactName,
    );
    expect(await store().stat(name)).toBeNull();
    expect(await store().read(name)).toBeNull();
    expect(await store().delete(name)).toBe(false);
  });

  test("the list has what is older, each once", async () => {
    const names = ["tracks/m1/1/master.mp3", "tracks/m1/2/master.mp3", "tracks/m2/1/master.mp3"];
    const times: number[] = [];
    for (const name of names) {
      const { storedAt } = await store().put(name, chunks(Buffer.from(name)), mp3);
      times.push(storedAt.getTime());
    }
    const listed = async (time: number) =>
      (await collect(store().list(new Date(time)))).map(({ name }) => name).sort();
    expect(await listed(Math.max(...times) + 1)).toEqual(names);
    expect(await listed(Math.min(...times))).toEqual([]);
  });
}
