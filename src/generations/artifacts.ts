/**
 * The artifact port: where finished audio is kept. Files serve beside the embedded database, GridFS
 * beside a real one; both pass the same suite of tests.
 *
 * An artifact is written once and never changes: its name holds the job and the epoch of the attempt
 * (`tracks/<job>/<epoch>/master.mp3`), so a worker that lost its lease writes under a name that no
 * document will ever mention. That is what makes its ETag strong and its URL cacheable.
 */
import type { Readable } from "node:stream";

/** What an attempt calls its artifact; `file` is for example `master.mp3`. */
export function artifactName(jobId: string, epoch: number, file: string): string {
  return `tracks/${jobId}/${epoch}/${file}`;
}

/** The job whose attempt made the artifact of this name; null for a name of another form. */
export function jobOfArtifact(name: string): string | null {
  return /^tracks\/([^/]+)\/\d+\//.exec(name)?.[1] ?? null;
}

/** What is known of a stored artifact. */
export interface ArtifactInfo {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** The content's SHA-256, 64 lower-case hexadecimal digits. */
  readonly sha256: string;
  /** For example `audio/mpeg`. */
  readonly mimeType: string;
  /** When it was put, by the clock of the process that put it, in whole milliseconds. */
  readonly storedAt: Date;
}

/** A span of bytes, both ends included, as HTTP counts them: `{ start: 0, end: 0 }` is one byte. */
export interface ByteSpan {
  readonly start: number;
  readonly end: number;
}

/** Whether there are such bytes in `size` of them. */
export function isWithin({ start, end }: ByteSpan, size: number): boolean {
  return Number.isSafeInteger(start) && start >= 0 && start <= end && end < size;
}

/** The path of a complete file, or the bytes themselves as they come. */
export type ArtifactSource = string | AsyncIterable<Uint8Array>;

export interface ArtifactStore {
  /**
   * Keeps `source` durably under `name` and resolves once nothing can lose it any more. Until then
   * nobody sees any of it, and a failed put leaves nothing that is ever served.
   *
   * The same bytes again are fine and answer what is there.
   * @throws InvalidArtifactName
   * @throws ArtifactExists when other bytes, or another type, are kept under the name
   */
  put(
    name: string,
    source: ArtifactSource,
    options: { readonly mimeType: string },
  ): Promise<ArtifactInfo>;

  /** What is kept under `name`; null when nothing is, or when it cannot be a name at all. */
  stat(name: string): Promise<ArtifactInfo | null>;

  /**
   * The bytes of `span`, or all of them; null when the artifact is not there (any more). The caller
   * consumes or destroys the stream. One that has been handed out survives a `delete`, for ever or, as
   * the store says, for some hours, after which it ends in an error; it never gives other bytes. It holds
   * a bounded number of bytes in memory however long it is.
   * @throws RangeError when `span` is not within the artifact
   */
  read(name: string, span?: ByteSpan): Promise<Readable | null>;

  /** Forgets `name`; says whether there was anything. */
  delete(name: string): Promise<boolean>;

  /** Every artifact put before `olderThan`, in no order; for the sweep of those no document names. */
  list(olderThan: Date): AsyncIterable<ArtifactInfo>;
}

/** The most characters in a name, which keeps paths and URLs within what systems take. */
export const maxArtifactNameLength = 256;

/**
 * One to eight segments of 1 to 100 letters, digits, `_`, `-` and `.`; none starts with a dot. Such a
 * name is its own percent-encoding, cannot climb out of a folder and is a file name on any system.
 */
const namePattern =
  /^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,99}(?:\/[A-Za-z0-9_-][A-Za-z0-9_.-]{0,99}){0,7}$/;

export function isArtifactName(text: string): boolean {
  return text.length <= maxArtifactNameLength && namePattern.test(text);
}

/** A name that no store takes: a programming error, not a client's. */
export class InvalidArtifactName extends Error {
  constructor(name: string) {
    super(`not an artifact name: ${JSON.stringify(name.slice(0, 300))}`);
    this.name = "InvalidArtifactName";
  }
}

/** Something else is kept under the name; artifacts never change. */
export class ArtifactExists extends Error {
  constructor(name: string) {
    super(`another artifact is kept under ${name}`);
    this.name = "ArtifactExists";
  }
}
