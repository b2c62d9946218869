/**
 * Artifacts in GridFS, in the replica set that also keeps the jobs, so that any process serves any track.
 *
 * A put writes its chunks under an id of its own and the file's document last: that insert is the
 * commit, and the unique index on the name lets one of two puts win. A delete takes the document away,
 * which is its commit, and leaves the chunks to the sweep, which removes them once they have been
 * leftovers for long enough: a reader who has begun goes on until then, and after it meets an error,
 * never other bytes, since an id is never used twice.
 *
 * ```
 * put     leftover → chunks … → file, the commit → leftover gone
 * delete  leftover → file gone, the commit
 * sweep   a leftover that is old enough: with a file → leftover gone; without → chunks, then leftover
 * ```
 *
 * A crash between any two steps leaves a leftover that says what to do. A put gives up long before the
 * sweep may take its chunks for rubbish, by its own clock, and the sweep counts by the database's.
 *
 * It writes the documents itself instead of by the driver's `GridFSBucket`, which dates them by the wall
 * clock, waits for each chunk, holds any number of them in memory when a source gives large pieces, and
 * ends a read early, without an error, when chunks are missing at the end (7.9.0).
 */
import { Readable } from "node:stream";
import { type Db, ObjectId, type ReadConcernLike } from "mongodb";
import type { Clock } from "../base/clock.ts";
import type { Lifecycle } from "../base/lifecycle.ts";
import { Probe } from "../base/probe.ts";
import type { Random } from "../base/random.ts";
import {
  ArtifactExists,
  type ArtifactInfo,
  type ArtifactSource,
  type ArtifactStore,
  type ByteSpan,
  InvalidArtifactName,
  isArtifactName,
  isWithin,
} from "../generations/artifacts.ts";
import { DatabaseCalls } from "./database-call.ts";
import { batchesOf, Digest, digestOf, piecesOf, spanBytes } from "./gridfs-chunks.ts";
import {
  chunkBytes,
  chunksBetween,
  collectionsOf,
  createIndexes,
  type FileDocument,
  filesAfter,
  type GridFsCollections,
  infoOf,
  isDuplicateKey,
} from "./gridfs-documents.ts";
import { Leftovers } from "./gridfs-leftovers.ts";

export interface GridFsStoreOptions {
  readonly db: Db;
  readonly clock: Clock;
  readonly random: Random;
  /**
   * How long the sweep leaves chunks alone that no file names, in milliseconds: as long a reader
   * survives a delete. A put gives up after half of it.
   */
  readonly keepLeftoversMs?: number;
  /** The longest one call of the database takes, in milliseconds. */
  readonly callLimitMs?: number;
}

/** The steps a test can hold the store at. */
export interface GridFsStoreSteps {
  /** All chunks of a put are kept, but its file is not there yet. */
  written: { readonly name: string };
  /** The file is there, but the put has not forgotten its leftover. */
  committed: { readonly name: string };
  /** A delete has said so, but the file is still there. */
  deleting: { readonly name: string };
  /** A sweep has a leftover that is old enough, and does not know yet whether a file names its chunks. */
  settling: { readonly id: string };
}

const twoHoursMs = 2 * 60 * 60 * 1000;

/** Chunks that travel together: some 2 MB written, 1 MB read. */
const writtenTogether = 8;
const readTogether = 4;

/** Files in one look of `list`. */
const pageLength = 500;

/** Between losing the name to a file and looking at that a delete may take it; not more than twice. */
const maxCommits = 3;

export class GridFsArtifactStore implements ArtifactStore, Lifecycle {
  readonly probe = new Probe<GridFsStoreSteps>();
  readonly #in: GridFsCollections;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #keepMs: number;
  readonly #calls: DatabaseCalls;
  readonly #leftovers: Leftovers;

  constructor(options: GridFsStoreOptions) {
    this.#in = collectionsOf(options.db);
    this.#clock = options.clock;
    this.#random = options.random;
    this.#keepMs = options.keepLeftoversMs ?? twoHoursMs;
    this.#calls = new DatabaseCalls(options.clock, options.callLimitMs ?? 15_000);
    this.#leftovers = new Leftovers(this.#in, this.#calls, (id) =>
      this.probe.mark("settling", { id }),
    );
  }

  /** Makes what indexes are missing, without a limit of time, since a large collection takes long. */
  async start(): Promise<void> {
    await createIndexes(this.#in);
  }

  /** Nothing runs between calls; the client is the caller's. */
  async stop(): Promise<void> {}

  async put(
    name: string,
    source: ArtifactSource,
    { mimeType }: { readonly mimeType: string },
  ): Promise<ArtifactInfo> {
    if (!isArtifactName(name)) throw new InvalidArtifactName(name);
    const kept = await this.#find(name, "majority");
    if (kept !== null) return sameAs(infoOf(kept), { ...(await digestOf(source)), mimeType });
    const startedMs = this.#clock.monotonicMs();
    const _id = this.#newId();
    await this.#leftovers.note(_id, "put");
    const { size: length, sha256 } = await this.#writeChunks(_id, source, startedMs);
    await this.probe.mark("written", { name });
    const metadata = { sha256, mimeType };
    const uploadDate = this.#clock.now();
    const file = { _id, length, chunkSize: chunkBytes, uploadDate, filename: name, metadata };
    return this.#commit(file, startedMs);
  }

  async stat(name: string): Promise<ArtifactInfo | null> {
    const file = await this.#find(name, "local");
    return file && infoOf(file);
  }

  async read(name: string, span?: ByteSpan): Promise<Readable | null> {
    const file = await this.#find(name, "local");
    if (file === null) return null;
    if (span !== undefined && !isWithin(span, file.length)) {
      throw new RangeError(`no such bytes in artifact ${name}`);
    }
    const bytes = this.#bytesOf(file, span ?? { start: 0, end: file.length - 1 });
    // The first ones are here before the stream is handed out: what fails does so now, if it can.
    const first = await bytes.next();
    return Readable.from(continued(first, bytes), { objectMode: false });
  }

  /** As the port says; the bytes go with the sweep. */
  async delete(name: string): Promise<boolean> {
    const file = await this.#find(name, "local");
    if (file === null) return false;
    const startedMs = this.#clock.monotonicMs();
    await this.#leftovers.note(file._id, "delete");
    await this.probe.mark("deleting", { name });
    this.#makeSureOf(startedMs, this.#keepMs / 2);
    const { deletedCount } = await this.#calls.run(() =>
      this.#in.files.deleteOne({ _id: file._id }),
    );
    return deletedCount === 1;
  }

  async *list(olderThan: Date): AsyncIterable<ArtifactInfo> {
    let after: FileDocument | null = null;
    do {
      const from = after;
      const page: FileDocument[] = await this.#calls.run((signal) =>
        filesAfter(this.#in, from, olderThan, pageLength, signal),
      );
      yield* page.map(infoOf);
      after = page[pageLength - 1] ?? null;
    } while (after !== null);
  }

  /**
   * Removes chunks that no file has named for longer than `keepLeftoversMs`: of deleted artifacts, and
   * of puts that failed or whose process died. Says of how many files. Any number may run at once.
   * @throws ServiceError SERVICE_UNAVAILABLE
   */
  sweep(): Promise<number> {
    return this.#leftovers.sweep(this.#keepMs);
  }

  #newId(): ObjectId {
    return ObjectId.createFromHexString(this.#random.hex(12));
  }

  async #find(name: string, level: "local" | "majority"): Promise<FileDocument | null> {
    if (!isArtifactName(name)) return null;
    const readConcern: ReadConcernLike = { level };
    return this.#calls.run((signal) =>
      this.#in.files.findOne({ filename: name }, { readConcern, signal }),
    );
  }

  /** Keeps the bytes of `source` under `id`; when that fails, none of them, as far as it can. */
  async #writeChunks(id: ObjectId, source: ArtifactSource, startedMs: number) {
    const digest = new Digest();
    let n = 0;
    try {
      for await (const batch of batchesOf(piecesOf(source, chunkBytes), writtenTogether)) {
        this.#makeSureOf(startedMs, this.#keepMs / 2);
        for (const piece of batch) digest.add(piece);
        const documents = batch.map((data) => ({ files_id: id, n: n++, data }));
        await this.#calls.run(() => this.#in.chunks.insertMany(documents));
      }
      this.#makeSureOf(startedMs, this.#keepMs / 2);
      return digest.result();
    } catch (error) {
      await this.#discard(id);
      throw error;
    }
  }

  /** @throws Error when what began at `startedMs` has lasted longer than `limitMs` */
  #makeSureOf(startedMs: number, limitMs: number): void {
    if (this.#clock.monotonicMs() - startedMs < limitMs) return;
    throw new Error("it took so long that the sweep might interfere");
  }

  /**
   * Removes chunks whose file was never there. Their leftover stays, since a write that was given up
   * may still take place, and if this fails as well, the sweep does it.
   */
  async #discard(files_id: ObjectId): Promise<void> {
    await this.#calls.run(() => this.#in.chunks.deleteMany({ files_id })).catch(() => undefined);
  }

  /** Makes `file` the artifact of its name, or finds the same there. */
  async #commit(file: FileDocument, startedMs: number): Promise<ArtifactInfo> {
    const info = infoOf(file);
    for (let left = maxCommits; left > 0; left -= 1) {
      if (await this.#insert(file)) return this.#confirm(file, startedMs);
      const kept = await this.#find(file.filename, "majority");
      if (kept === null) continue;
      await this.#discard(file._id);
      return sameAs(infoOf(kept), info);
    }
    await this.#discard(file._id);
    throw new ArtifactExists(file.filename);
  }

  /** Whether the name was free. An error leaves everything to the sweep: the file may be there. */
  async #insert(file: FileDocument): Promise<boolean> {
    try {
      await this.#calls.run(() => this.#in.files.insertOne(file));
      return true;
    } catch (error) {
      if (isDuplicateKey(error)) return false;
      throw error;
    }
  }

  /** Takes back what came so late that a sweep may have been at its chunks; else forgets the leftover. */
  async #confirm(file: FileDocument, startedMs: number): Promise<ArtifactInfo> {
    const { _id } = file;
    try {
      this.#makeSureOf(startedMs, this.#keepMs);
    } catch (error) {
      await this.#leftovers.note(_id, "delete");
      await this.#calls.run(() => this.#in.files.deleteOne({ _id }));
      throw error;
    }
    await this.probe.mark("committed", { name: file.filename });
    await this.#leftovers.forgetPut(_id);
    return infoOf(file);
  }

  #bytesOf(file: FileDocument, span: ByteSpan): AsyncGenerator<Buffer> {
    const fetch = (first: number, last: number) =>
      this.#calls.run((signal) => chunksBetween(this.#in, file._id, first, last, signal));
    return spanBytes(file, span, fetch, readTogether);
  }
}

/** @throws ArtifactExists when `kept` is not what was put */
function sameAs(kept: ArtifactInfo, put: Pick<ArtifactInfo, "sha256" | "mimeType">): ArtifactInfo {
  if (kept.sha256 === put.sha256 && kept.mimeType === put.mimeType) return kept;
  throw new ArtifactExists(kept.name);
}

/** `rest` with what was taken from it before. */
async function* continued<T>(first: IteratorResult<T>, rest: AsyncGenerator<T>): AsyncGenerator<T> {
  if (first.done) return;
  yield first.value;
  yield* rest;
}
