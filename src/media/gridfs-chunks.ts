/** Artifacts in chunks: a source cut into them, and a span put together from the ones it touches. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import type { ArtifactSource, ByteSpan } from "../generations/artifacts.ts";
import type { ChunkDocument, FileDocument } from "./gridfs-documents.ts";

/** The bytes of `source` in buffers of `size`, the last one shorter; none of an empty source. */
export async function* piecesOf(source: ArtifactSource, size: number): AsyncGenerator<Buffer> {
  let piece = Buffer.allocUnsafe(size);
  let filled = 0;
  for await (const bytes of bytesOf(source)) {
    for (let at = 0; at < bytes.byteLength; ) {
      const part = bytes.subarray(at, at + size - filled);
      piece.set(part, filled);
      at += part.byteLength;
      filled += part.byteLength;
      if (filled < size) continue;
      yield piece;
      piece = Buffer.allocUnsafe(size);
      filled = 0;
    }
  }
  if (filled > 0) yield piece.subarray(0, filled);
}

function bytesOf(source: ArtifactSource): AsyncIterable<Uint8Array> {
  if (typeof source !== "string") return source;
  return createReadStream(source, { highWaterMark: 256 * 1024 });
}

/** Size and SHA-256 of what is added. */
export class Digest {
  readonly #hash = createHash("sha256");
  #size = 0;

  add(bytes: Uint8Array): void {
    this.#hash.update(bytes);
    this.#size += bytes.byteLength;
  }

  result(): { readonly size: number; readonly sha256: string } {
    return { size: this.#size, sha256: this.#hash.digest("hex") };
  }
}

/** Size and SHA-256 of `source`. */
export async function digestOf(source: ArtifactSource) {
  const digest = new Digest();
  for await (const piece of piecesOf(source, 256 * 1024)) digest.add(piece);
  return digest.result();
}

/** What `items` gives, in arrays of `length`, the last one shorter. */
export async function* batchesOf<T>(items: AsyncIterable<T>, length: number): AsyncGenerator<T[]> {
  let batch: T[] = [];
  for await (const item of items) {
    if (batch.push(item) < length) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/** Chunks `first` to `last`, both included, in their order, as they are kept. */
export type FetchChunks = (first: number, last: number) => Promise<ChunkDocument[]>;

/**
 * The bytes of `span`, fetched `length` chunks at a time, the next ones only when these were taken.
 * @throws Error when a chunk is not what it has to be: missing, or of another length
 */
export async function* spanBytes(
  file: FileDocument,
  span: ByteSpan,
  fetch: FetchChunks,
  length: number,
): AsyncGenerator<Buffer> {
  const end = Math.floor(span.end / file.chunkSize);
  for (let first = Math.floor(span.start / file.chunkSize); first <= end; first += length) {
    const last = Math.min(first + length - 1, end);
    const chunks = await fetch(first, last);
    for (let n = first; n <= last; n += 1) {
      yield partOf(soundChunk(file, n, chunks[n - first]), span);
    }
  }
}

interface SoundChunk {
  readonly data: Buffer;
  /** Of its first byte in the file. */
  readonly offset: number;
}

function soundChunk(file: FileDocument, n: number, chunk: ChunkDocument | undefined): SoundChunk {
  const offset = n * file.chunkSize;
  const data = chunk?.data as Buffer | undefined;
  const size = Math.min(file.chunkSize, file.length - offset);
  if (chunk?.n === n && data?.byteLength === size) return { data, offset };
  throw new Error(`chunk ${n} of artifact ${file.filename} is gone or damaged`);
}

/** What of a chunk lies within `span`. */
function partOf({ data, offset }: SoundChunk, span: ByteSpan): Buffer {
  return data.subarray(Math.max(0, span.start - offset), span.end + 1 - offset);
}
