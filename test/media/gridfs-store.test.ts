/** The GridFS store: the suite of every store, and what only a database can get wrong. */
import type { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { type CommandStartedEvent, GridFSBucket, MongoClient } from "mongodb";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Clock, systemClock } from "../../src/base/clock.ts";
import { systemRandom } from "../../src/base/random.ts";
import { ArtifactExists } from "../../src/generations/artifacts.ts";
import { GridFsArtifactStore, type GridFsStoreOptions } from "../../src/media/gridfs-store.ts";
import { startTestMongo } from "../support/mongo.ts";
import { type SharedDatabase, sharedDatabase } from "../support/shared-database.ts";
import { artifactStoreSuite } from "./artifact-store-suite.ts";
import { bytesOf, chunks, collect } from "./support.ts";

const mp3 = { mimeType: "audio/mpeg" };
const keepLeftoversMs = 60 * 60 * 1000;
const chunk = 255 * 1024;

let database: SharedDatabase;
let store: GridFsArtifactStore;

const newStore = (options: Partial<GridFsStoreOptions> = {}) =>
  new GridFsArtifactStore({
    db: database.db,
    clock: systemClock,
    random: systemRandom,
    keepLeftoversMs,
    ...options,
  });

beforeEach(async () => {
  database = await sharedDatabase();
  store = newStore();
  await store.start();
});
afterEach(() => database.close());

artifactStoreSuite(() => store);

const counts = async (db = database.db) => ({
  files: await db.collection("artifacts.files").countDocuments(),
  chunks: await db.collection("artifacts.chunks").countDocuments(),
  leftovers: await db.collection("artifacts.leftovers").countDocuments(),
});

/** As if the leftovers were older by `ms`. */
const ageLeftovers = (ms: number, db = database.db) =>
  db
    .collection("artifacts.leftovers")
    .updateMany({}, [{ $set: { at: { $subtract: ["$at", ms] } } }]);

const sweepLater = async () => {
  await ageLeftovers(keepLeftoversMs + 1);
  return await store.sweep();
};

const all = async (stream: Readable | null) => await buffer(stream!);

/** The machine's clock, whose monotonic time a test may move on. */
const movableClock = () => {
  let ahead = 0;
  const clock: Clock = { ...systemClock, monotonicMs: () => systemClock.monotonicMs() + ahead };
  return {
    clock,
    advance: (ms: number) => {
      ahead += ms;
    },
  };
};

const died = new Error("the process died");
const die = () => {
  throw died;
};

test("every GridFS tool can read it", async () => {
  const bytes = bytesOf(3 * chunk + 5);
  await store.put("a/b", chunks(bytes), mp3);
  const bucket = new GridFSBucket(database.db, { bucketName: "artifacts" });
  expect((await all(bucket.openDownloadStreamByName("a/b"))).equals(bytes)).toBe(true);
  expect(await counts()).toEqual({ files: 1, chunks: 4, leftovers: 0 });
});

test("until its last step a put is seen by nobody", async () => {
  let looked = false;
  store.probe.on("written", async ({ name }) => {
    expect(await store.stat(name)).toBeNull();
    expect(await store.read(name)).toBeNull();
    expect(await collect(store.list(new Date(8.64e15)))).toEqual([]);
    expect(await counts()).toEqual({ files: 0, chunks: 1, leftovers: 1 });
    looked = true;
  });
  await store.put("a/b", chunks(bytesOf(10)), mp3);
  expect(looked).toBe(true);
});

test.each(["same", "other"] as const)("two processes put the %s bytes at once", async (bytes) => {
  const other = newStore();
  store.probe.on("written", () => other.put("a/b", chunks(bytesOf(chunk + 1)), mp3));
  const late = store.put("a/b", chunks(bytesOf(chunk + 1, bytes === "same" ? 0 : 1)), mp3);
  if (bytes === "same") expect(await late).toEqual(await other.stat("a/b"));
  else await expect(late).rejects.toThrow(ArtifactExists);
  expect((await all(await store.read("a/b"))).equals(bytesOf(chunk + 1))).toBe(true);
  // The loser's chunks are gone at once, its leftover with the sweep.
  expect(await counts()).toEqual({ files: 1, chunks: 2, leftovers: 1 });
  await sweepLater();
  expect(await counts()).toEqual({ files: 1, chunks: 2, leftovers: 0 });
});

test("what is kept already is not stored a second time", async () => {
  const first = await store.put("a/b", chunks(bytesOf(chunk)), mp3);
  store.probe.on("written", die);
  expect(await store.put("a/b", chunks(bytesOf(chunk)), mp3)).toEqual(first);
});

test("chunks of a process that died are swept, but not before their time", async () => {
  await store.put("a/kept", chunks(bytesOf(10)), mp3);
  store.probe.on("written", die);
  await expect(store.put("a/b", chunks(bytesOf(3 * chunk)), mp3)).rejects.toBe(died);
  await ageLeftovers(keepLeftoversMs - 60_000);
  expect(await store.sweep()).toBe(0);
  expect(await counts()).toEqual({ files: 1, chunks: 4, leftovers: 1 });
  await ageLeftovers(60_001);
  expect(await store.sweep()).toBe(1);
  expect(await counts()).toEqual({ files: 1, chunks: 1, leftovers: 0 });
  expect(await store.sweep()).toBe(0);
});

test("an artifact whose put died after the commit stays", async () => {
  const leftovers = database.db.collection("artifacts.leftovers");
  await store.put("a/b", chunks(bytesOf(10)), mp3);
  const file = await database.db.collection("artifacts.files").findOne({});
  await leftovers.insertOne({ _id: file!._id, by: "put", at: new Date(0) });
  expect(await store.sweep()).toBe(0);
  expect(await counts()).toEqual({ files: 1, chunks: 1, leftovers: 0 });
});

test("an artifact whose delete died before the commit stays, and can be deleted", async () => {
  await store.put("a/b", chunks(bytesOf(10)), mp3);
  const off = store.probe.on("deleting", die);
  await expect(store.delete("a/b")).rejects.toBe(died);
  off();
  expect(await sweepLater()).toBe(0);
  expect((await all(await store.read("a/b"))).equals(bytesOf(10))).toBe(true);
  expect(await store.delete("a/b")).toBe(true);
  expect(await sweepLater()).toBe(1);
  expect(await counts()).toEqual({ files: 0, chunks: 0, leftovers: 0 });
});

test("of two deletes at once one finds something", async () => {
  await store.put("a/b", chunks(bytesOf(10)), mp3);
  const found = await Promise.all([store.delete("a/b"), newStore().delete("a/b")]);
  expect(found.sort()).toEqual([false, true]);
});

test("a delete that comes before the put has forgotten its leftover keeps its own", async () => {
  store.probe.on("committed", ({ name }) => newStore().delete(name));
  await store.put("a/b", chunks(bytesOf(10)), mp3);
  expect(await counts()).toEqual({ files: 0, chunks: 1, leftovers: 1 });
  expect(await sweepLater()).toBe(1);
});

test("a delete in the middle of a sweep gives its readers their time", async () => {
  await store.put("a/b", chunks(bytesOf(10)), mp3);
  const off = store.probe.on("deleting", die);
  await expect(store.delete("a/b")).rejects.toBe(died);
  off();
  store.probe.on("settling", () => store.delete("a/b"));
  expect(await sweepLater()).toBe(0);
  expect(await counts()).toEqual({ files: 0, chunks: 1, leftovers: 1 });
});

test("a reader of a deleted artifact meets an error once it is swept, never other bytes", async () => {
  const old = bytesOf(12 * chunk);
  await store.put("a/b", chunks(old), mp3);
  const pieces: Buffer[] = [];
  const reading = async () => {
    for await (const piece of (await store.read("a/b"))!) {
      if (pieces.push(piece) > 1) continue;
      await store.delete("a/b");
      await sweepLater();
      await store.put("a/b", chunks(bytesOf(12 * chunk, 1)), mp3);
    }
  };
  await expect(reading()).rejects.toThrow("gone or damaged");
  const got = Buffer.concat(pieces);
  expect(got.length).toBeLessThan(old.length);
  expect(got.equals(old.subarray(0, got.length))).toBe(true);
});

test("a reader goes on with the old bytes when the name has new ones", async () => {
  const old = bytesOf(12 * chunk);
  await store.put("a/b", chunks(old), mp3);
  const stream = await store.read("a/b");
  await store.delete("a/b");
  await store.put("a/b", chunks(bytesOf(12 * chunk, 1)), mp3);
  expect((await all(stream)).equals(old)).toBe(true);
  expect((await all(await store.read("a/b"))).equals(bytesOf(12 * chunk, 1))).toBe(true);
});

test.each([
  ["missing at the end", { n: 2 }, null],
  ["missing in between", { n: 1 }, null],
  ["too short", { n: 2 }, Buffer.from("short")],
] as const)("a chunk that is %s is an error", async (_, which, data) => {
  await store.put("a/b", chunks(bytesOf(3 * chunk)), mp3);
  const stored = database.db.collection("artifacts.chunks");
  if (data === null) await stored.deleteOne(which);
  else await stored.updateOne(which, { $set: { data } });
  await expect(store.read("a/b").then(all)).rejects.toThrow("gone or damaged");
});

test("a span asks for the chunks it touches, a few at a time", async () => {
  await store.put("a/b", chunks(bytesOf(20 * chunk)), mp3);
  const client = await new MongoClient(database.uri, { monitorCommands: true }).connect();
  const asked: unknown[] = [];
  client.on("commandStarted", ({ command }: CommandStartedEvent) => {
    if (command["find"] === "artifacts.chunks") asked.push(command["filter"].n);
    else if (command["getMore"]) asked.push("more");
  });
  const reader = newStore({ db: client.db(database.db.databaseName) });
  await all(await reader.read("a/b", { start: 3 * chunk - 1, end: 3 * chunk }));
  expect(asked.splice(0)).toEqual([{ $gte: 2, $lte: 3 }]);
  await all(await reader.read("a/b", { start: 5 * chunk, end: 11 * chunk - 1 }));
  expect(asked.splice(0)).toEqual([
    { $gte: 5, $lte: 8 },
    { $gte: 9, $lte: 10 },
  ]);
  await client.close();
});

test("a put that lasts too long gives up and leaves nothing", async () => {
  const { clock, advance } = movableClock();
  const slow = newStore({ clock });
  async function* source() {
    yield bytesOf(20 * chunk);
    advance(keepLeftoversMs / 2);
    yield bytesOf(20 * chunk);
  }
  await expect(slow.put("a/b", source(), mp3)).rejects.toThrow("took so long");
  expect(await counts()).toEqual({ files: 0, chunks: 0, leftovers: 1 });
});

test("a put that was held so long that it may have been swept is taken back", async () => {
  const { clock, advance } = movableClock();
  const held = newStore({ clock });
  held.probe.on("written", async () => {
    advance(keepLeftoversMs);
    await sweepLater();
  });
  await expect(held.put("a/b", chunks(bytesOf(10)), mp3)).rejects.toThrow("took so long");
  expect(await counts()).toEqual({ files: 0, chunks: 0, leftovers: 1 });
});

test("a delete that was held too long does nothing", async () => {
  const { clock, advance } = movableClock();
  const held = newStore({ clock });
  await held.put("a/b", chunks(bytesOf(10)), mp3);
  held.probe.on("deleting", () => advance(keepLeftoversMs));
  await expect(held.delete("a/b")).rejects.toThrow("took so long");
  expect((await all(await store.read("a/b"))).length).toBe(10);
});

test("the list goes on over many pages, also of one time, and over what is deleted meanwhile", async () => {
  const files = database.db.collection("artifacts.files");
  const names = Array.from({ length: 1203 }, (_, i) => `a/${i}`);
  const about = { length: 0, chunkSize: chunk, metadata: { sha256: "0", mimeType: "x/y" } };
  const dated = (i: number) => new Date(1_000 * Math.floor(i / 700));
  await files.insertMany(
    names.map((filename, i) => ({ ...about, filename, uploadDate: dated(i) })),
  );
  const listed: string[] = [];
  for await (const { name } of store.list(new Date(1_001))) {
    if (listed.push(name) % 100 === 0) await store.delete(name);
  }
  expect(listed.sort()).toEqual(names.sort());
  expect((await counts()).files).toBe(1203 - 12);
});

test("while no primary answers a call ends in an error, also of a read that has begun", async () => {
  const mongo = await startTestMongo();
  const client = await new MongoClient(mongo.uri).connect();
  const db = client.db("media");
  const patient = newStore({ db });
  await patient.start();
  const bytes = bytesOf(12 * chunk);
  await patient.put("a/b", chunks(bytes), mp3);
  const impatient = newStore({ db, callLimitMs: 500 });
  const begun = await impatient.read("a/b");
  mongo.kill("SIGSTOP");
  const unavailable = expect.objectContaining({ code: "SERVICE_UNAVAILABLE" });
  await Promise.all(
    [
      all(begun),
      impatient.stat("a/b"),
      impatient.read("a/b"),
      impatient.put("a/c", chunks(bytes), mp3),
      impatient.delete("a/b"),
      impatient.sweep(),
      collect(impatient.list(new Date(8.64e15))),
    ].map((call) => expect(call).rejects.toEqual(unavailable)),
  );
  mongo.kill("SIGCONT");
  expect((await all(await patient.read("a/b"))).equals(bytes)).toBe(true);
  await client.close();
  await mongo.stop();
});

test("a killed primary loses nothing that was acknowledged; what it cut short is swept", async () => {
  const mongo = await startTestMongo();
  const client = await new MongoClient(mongo.uri).connect();
  const db = client.db("media");
  const remote = newStore({ db, callLimitMs: 60_000 });
  await remote.start();
  const bytes = bytesOf(12 * chunk);
  await remote.put("a/kept", chunks(bytes), mp3);
  async function* source() {
    yield bytes;
    mongo.kill("SIGKILL");
    yield bytes;
    throw new Error("the source broke");
  }
  await expect(remote.put("a/cut", source(), mp3)).rejects.toThrow();
  // Until mongod is back every call is unavailable.
  const isThere = () => remote.stat("a/kept").then(Boolean, () => false);
  await expect.poll(isThere, { timeout: 50_000 }).toBe(true);
  expect((await all(await remote.read("a/kept"))).equals(bytes)).toBe(true);
  expect(await remote.stat("a/cut")).toBeNull();
  await ageLeftovers(keepLeftoversMs + 1, db);
  await remote.sweep();
  expect(await counts(db)).toEqual({ files: 1, chunks: 12, leftovers: 0 });
  await client.close();
  await mongo.stop();
});
