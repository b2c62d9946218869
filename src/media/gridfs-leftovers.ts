/**
 * The leftovers of the GridFS store: chunks that no file names, or may soon not name, since when. A note
 * is made before the chunks can be rubbish and removed after they cannot be any more, so whatever dies
 * in between, the sweep finds it without a look at all chunks.
 *
 * Its time tells one note from the next of the same id: whoever read a note acts on that one only.
 */
import type { ObjectId } from "mongodb";
import type { DatabaseCalls } from "./database-call.ts";
import type { GridFsCollections, LeftoverDocument } from "./gridfs-documents.ts";

/** Leftovers in one look of a sweep. */
const pageLength = 500;

export class Leftovers {
  readonly #in: GridFsCollections;
  readonly #calls: DatabaseCalls;
  readonly #onSettling: (id: string) => Promise<void>;

  /** @param onSettling called with the id of each old leftover before it is looked into */
  constructor(
    collections: GridFsCollections,
    calls: DatabaseCalls,
    onSettling: (id: string) => Promise<void>,
  ) {
    this.#in = collections;
    this.#calls = calls;
    this.#onSettling = onSettling;
  }

  /** Notes that the chunks of `_id` are no file's, or will not be; its time begins anew. */
  async note(_id: ObjectId, by: LeftoverDocument["by"]): Promise<void> {
    await this.#calls.run(() =>
      this.#in.leftovers.updateOne({ _id }, [{ $set: { by, at: "$$NOW" } }], { upsert: true }),
    );
  }

  /**
   * Forgets what a put has noted, now that a file names the chunks; not what a delete has noted since.
   * Never fails, because the sweep would forget it as well.
   */
  async forgetPut(_id: ObjectId): Promise<void> {
    const forget = () => this.#in.leftovers.deleteOne({ _id, by: "put" });
    await this.#calls.run(forget).catch(() => undefined);
  }

  /** Removes the chunks of leftovers older than `ageMs` by the database's clock; says of how many. */
  async sweep(ageMs: number): Promise<number> {
    let removed = 0;
    for (let found = pageLength; found === pageLength; ) {
      const old = await this.#olderThan(ageMs);
      for (const leftover of old) if (await this.#settle(leftover)) removed += 1;
      found = old.length;
    }
    return removed;
  }

  #olderThan(ageMs: number): Promise<LeftoverDocument[]> {
    const filter = { $expr: { $lt: ["$at", { $subtract: ["$$NOW", ageMs] }] } };
    return this.#calls.run((signal) =>
      this.#in.leftovers.find(filter, { limit: pageLength, signal }).toArray(),
    );
  }

  /** Says whether there were chunks to remove. */
  async #settle(leftover: LeftoverDocument): Promise<boolean> {
    await this.#onSettling(leftover._id.toHexString());
    const removes = !(await this.#isNamed(leftover._id));
    if (removes && !(await this.#take(leftover))) return false;
    const removed = removes && (await this.#removeChunks(leftover._id));
    const { _id, at } = leftover;
    await this.#calls.run(() => this.#in.leftovers.deleteOne({ _id, at }));
    return removed;
  }

  async #isNamed(_id: ObjectId): Promise<boolean> {
    const file = await this.#calls.run((signal) =>
      this.#in.files.findOne({ _id }, { projection: { _id: 1 }, signal }),
    );
    return file !== null;
  }

  /** False when it is not the same any more: a delete just now gave it, and its readers, a new time. */
  async #take({ _id, at }: LeftoverDocument): Promise<boolean> {
    const { matchedCount } = await this.#calls.run(() =>
      this.#in.leftovers.updateOne({ _id, at }, { $set: { by: "sweep" } }),
    );
    return matchedCount === 1;
  }

  async #removeChunks(files_id: ObjectId): Promise<boolean> {
    const { deletedCount } = await this.#calls.run(() => this.#in.chunks.deleteMany({ files_id }));
    return deletedCount > 0;
  }
}
