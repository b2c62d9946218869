/**
 * What the GridFS store keeps where, in the layout that every GridFS tool reads (`mongofiles`, the
 * drivers' buckets):
 *
 * ```
 * artifacts.files      one document for each artifact that is whole; its name is unique
 * artifacts.chunks     the bytes, 255 KiB each, under the file's `_id`, which belongs to one put alone
 * artifacts.leftovers  the ids whose chunks no file may name (any more), and since when; ours alone
 * ```
 *
 * The leftovers spare the sweep a look at all chunks: whoever is about to write chunks without a file,
 * or to take a file away from its chunks, says so there first.
 */
import type { Binary, Collection, Db, ObjectId } from "mongodb";
import type { ArtifactInfo } from "../generations/artifacts.ts";

/** Bytes of a chunk, but for the last of a file: what GridFS uses by default. */
export const chunkBytes = 255 * 1024;

export interface FileDocument {
  readonly _id: ObjectId;
  /** Bytes. */
  readonly length: number;
  /** Bytes. */
  readonly chunkSize: number;
  readonly uploadDate: Date;
  readonly filename: string;
  readonly metadata: { readonly sha256: string; readonly mimeType: string };
}

export interface ChunkDocument {
  readonly files_id: ObjectId;
  /** From 0. */
  readonly n: number;
  /** A Buffer as it is written, and as it is read with `promoteBuffers`. */
  readonly data: Buffer | Binary;
}

export interface LeftoverDocument {
  /** The file's. */
  readonly _id: ObjectId;
  /** A put that is under way or was given up, a file that was deleted, or one that is being swept. */
  readonly by: "put" | "delete" | "sweep";
  /** By the database's clock. */
  readonly at: Date;
}

export interface GridFsCollections {
  readonly files: Collection<FileDocument>;
  readonly chunks: Collection<ChunkDocument>;
  readonly leftovers: Collection<LeftoverDocument>;
}

/** Acknowledged writes survive any single crash; reads see them at once. */
const durable = {
  readPreference: "primary",
  readConcern: { level: "local" },
  writeConcern: { w: "majority", journal: true },
} as const;

export function collectionsOf(db: Db): GridFsCollections {
  return {
    files: db.collection("artifacts.files", durable),
    chunks: db.collection("artifacts.chunks", durable),
    leftovers: db.collection("artifacts.leftovers", durable),
  };
}

/** Makes what indexes are missing. The unique one on the name decides between two puts. */
export async function createIndexes({ files, chunks }: GridFsCollections): Promise<void> {
  await files.createIndexes([
    { name: "name", key: { filename: 1 }, unique: true },
    { name: "age", key: { uploadDate: 1, _id: 1 } },
  ]);
  await chunks.createIndexes([{ key: { files_id: 1, n: 1 }, unique: true }]);
}

/** The next `limit` files put before `olderThan`, by age; from the oldest when `after` is null. */
export function filesAfter(
  { files }: GridFsCollections,
  after: FileDocument | null,
  olderThan: Date,
  limit: number,
  signal: AbortSignal,
): Promise<FileDocument[]> {
  const beyond = after && [
    { uploadDate: after.uploadDate, _id: { $gt: after._id } },
    { uploadDate: { $gt: after.uploadDate } },
  ];
  const filter = { uploadDate: { $lt: olderThan }, ...(beyond && { $or: beyond }) };
  return files.find(filter, { sort: { uploadDate: 1, _id: 1 }, limit, signal }).toArray();
}

/** The chunks `first` to `last` of a file, in their order and in one answer. */
export function chunksBetween(
  { chunks }: GridFsCollections,
  files_id: ObjectId,
  first: number,
  last: number,
  signal: AbortSignal,
): Promise<ChunkDocument[]> {
  const filter = { files_id, n: { $gte: first, $lte: last } };
  const batchSize = last - first + 2;
  return chunks.find(filter, { sort: { n: 1 }, batchSize, promoteBuffers: true, signal }).toArray();
}

export function infoOf({ filename, length, uploadDate, metadata }: FileDocument): ArtifactInfo {
  const { sha256, mimeType } = metadata;
  return { name: filename, size: length, sha256, mimeType, storedAt: uploadDate };
}

/** Whether this is the server's answer to a unique index. */
export function isDuplicateKey(error: unknown): boolean {
  return (error as { code?: unknown }).code === 11_000;
}
