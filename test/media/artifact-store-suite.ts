/** What every artifact store must do; each store runs it from a test file of its own. */
import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
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

  test("spans that begin and end beside the borders of blocks and chunks", async () => {
    const bytes = bytesOf(1_200_000);
    await store().put("a/borders", chunks(bytes), mp3);
    const borders = [65_536, 255 * 1024, 256 * 1024, 2 * 255 * 1024, 4 * 255 * 1024];
    const ends = [0, ...borders.flatMap((at) => [at - 1, at, at + 1]), bytes.length - 1];
    for (const start of ends) {
      for (const end of ends.filter((at) => at >= start)) {
        const got = await buffer((await store().read("a/borders", { start, end }))!);
        expect([start, end, got.equals(bytes.subarray(start, end + 1))]).toEqual([
          start,
          end,
          true,
        ]);
      }
    }
  });

  test("artifacts as long as a chunk, one byte less and one more", async () => {
    for (const length of [1, 255 * 1024 - 1, 255 * 1024, 255 * 1024 + 1, 8 * 255 * 1024]) {
      const name = `a/length-${length}`;
      const bytes = bytesOf(length);
      expect((await store().put(name, oddPieces(bytes), mp3)).size).toBe(length);
      expect(bytes.equals(await buffer((await store().read(name))!))).toBe(true);
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

  test("of many puts of the same at once all are answered alike", async () => {
    const puts = Array.from({ length: 12 }, () =>
      store().put("a/same", chunks(bytesOf(90_000)), mp3),
    );
    const [first, ...others] = await Promise.all(puts);
    for (const other of others) expect(other).toEqual(first);
    expect(await store().stat("a/same")).toEqual(first);
  });

  test("a reader may stop early, or never begin, and others read on", async () => {
    const bytes = bytesOf(3_000_000);
    await store().put("a/left", chunks(bytes), mp3);
    for await (const piece of (await store().read("a/left"))!) {
      expect(bytes.subarray(0, piece.length).equals(piece)).toBe(true);
      break;
    }
    (await store().read("a/left"))!.destroy();
    expect(bytes.equals(await buffer((await store().read("a/left"))!))).toBe(true);
  });

  test("100 MB pass through a few: neither a put nor a read holds them all", async () => {
    const block = bytesOf(1_000_000);
    const meter = memoryMeter();
    async function* source() {
      for (let i = 0; i < 100; i += 1) {
        yield block;
        if (i % 10 === 9) meter.look();
      }
    }
    const { size, sha256 } = await store().put("a/long", source(), mp3);
    const hash = createHash("sha256");
    let looked = 0;
    let got = 0;
    for await (const piece of (await store().read("a/long"))!) {
      hash.update(piece);
      got += piece.length;
      if (got - looked < 10_000_000) continue;
      looked = got;
      meter.look();
    }
    expect([size, got, hash.digest("hex")]).toEqual([100_000_000, 100_000_000, sha256]);
    expect(meter.mostBytes()).toBeLessThan(16_000_000);
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

/** `bytes` in pieces of 1 byte, 2, 4 and so on. */
async function* oddPieces(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  for (let at = 0, length = 1; at < bytes.length; at += length, length *= 2) {
    yield bytes.subarray(at, at + length);
  }
}

/** Looks at how much more memory is in use than now, after what nobody uses has been collected. */
function memoryMeter() {
  setFlagsFromString("--expose-gc");
  const collectGarbage = runInNewContext("gc") as () => void;
  const used = () => {
    // Dead buffers are freed beside the program; the next collection waits for those of the last.
    for (let i = 0; i < 2; i += 1) collectGarbage();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  const before = used();
  let most = 0;
  return {
    look: () => {
      most = Math.max(most, used() - before);
    },
    mostBytes: () => most,
  };
}
