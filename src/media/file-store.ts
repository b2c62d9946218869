/**
 * Artifacts as files under the data folder, for the embedded database and one service process.
 *
 * A put builds the artifact's folder among the incoming ones, forces it to the disk, and renames it
 * into place. The rename is the commit: a folder is never renamed onto one that has something in it
 * (rename(2): ENOTEMPTY, EEXIST), so of two puts of one name exactly one wins, and no reader ever sees
 * half of anything. What a killed process left among the incoming ones is removed at the next start.
 */
import { createReadStream } from "node:fs";
import { chmod, mkdir, opendir, readFile, rename, rm, rmdir } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import type { Readable } from "node:stream";
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
  isArtifactName,
  isWithin,
} from "../generations/artifacts.ts";
import { makePrivateFolder, syncFolders, writeDurably } from "./durable.ts";
import {
  formatAbout,
  incomingFolder,
  objectMark,
  objectPaths,
  parseAbout,
  partsOf,
} from "./file-layout.ts";

export interface FileStoreOptions {
  /** The folder that the store owns, for example `<dataDir>/artifacts`; made when it is missing. */
  readonly folder: string;
  readonly clock: Clock;
  readonly random: Random;
}

/** The steps a test can hold a put at. */
export interface FileStoreSteps {
  /** Everything is on the disk, but not in place yet. */
  written: { readonly name: string };
}

/** Between making a parent folder and using it a delete may remove it; more than a few times, never. */
const maxPlacements = 10;

export class FileArtifactStore implements ArtifactStore, Lifecycle {
  readonly probe = new Probe<FileStoreSteps>();
  readonly #root: string;
  readonly #incoming: string;
  readonly #clock: Clock;
  readonly #random: Random;

  constructor(options: FileStoreOptions) {
    this.#root = resolve(options.folder);
    this.#incoming = join(this.#root, incomingFolder);
    this.#clock = options.clock;
    this.#random = options.random;
  }

  /** Makes the folder, for the owner alone, and removes what puts of an earlier process left. */
  async start(): Promise<void> {
    await makePrivateFolder(this.#root);
    await chmod(this.#root, 0o700);
    await rm(this.#incoming, { recursive: true, force: true });
    await makePrivateFolder(this.#incoming);
  }

  /** Nothing runs between calls. */
  async stop(): Promise<void> {}

  async put(
    name: string,
    source: ArtifactSource,
    options: { readonly mimeType: string },
  ): Promise<ArtifactInfo> {
    const { folder: place } = objectPaths(this.#root, name);
    const incoming = await this.#newIncoming();
    try {
      const info = await this.#write(incoming, name, source, options.mimeType);
      await this.probe.mark("written", { name });
      if (await this.#place(incoming, place)) return info;
      return await this.#sameAs(info);
    } finally {
      await rm(incoming, { recursive: true, force: true });
    }
  }

  async stat(name: string): Promise<ArtifactInfo | null> {
    if (!isArtifactName(name)) return null;
    const { about } = objectPaths(this.#root, name);
    const text = await ifThere(readFile(about, "utf8"));
    return text === null ? null : parseAbout(name, text);
  }

  async read(name: string, span?: ByteSpan): Promise<Readable | null> {
    const info = await this.stat(name);
    if (info === null) return null;
    if (span !== undefined && !isWithin(span, info.size)) {
      throw new RangeError(`no such bytes in artifact ${name}`);
    }
    return await ifThere(
      opened(createReadStream(objectPaths(this.#root, name).bytes, { ...span })),
    );
  }

  async delete(name: string): Promise<boolean> {
    if (!isArtifactName(name)) return false;
    const { folder: place } = objectPaths(this.#root, name);
    const leaving = await this.#newIncoming();
    try {
      // One rename takes it out of sight whole; the bytes go afterwards.
      const gone = await ifThere(rename(place, join(leaving, "object")).then(() => true));
      if (gone === null) return false;
      await ifThere(syncFolders(dirname(place), this.#root));
      await this.#removeEmpty(dirname(place));
      return true;
    } finally {
      await rm(leaving, { recursive: true, force: true });
    }
  }

  async *list(olderThan: Date): AsyncIterable<ArtifactInfo> {
    for await (const name of this.#names(this.#root, "")) {
      const info = await this.stat(name);
      if (info !== null && info.storedAt < olderThan) yield info;
    }
  }

  async #newIncoming(): Promise<string> {
    const folder = join(this.#incoming, this.#random.hex(12));
    await mkdir(folder, { mode: 0o700 });
    return folder;
  }

  async #write(
    incoming: string,
    name: string,
    source: ArtifactSource,
    mimeType: string,
  ): Promise<ArtifactInfo> {
    const parts = partsOf(incoming, name);
    const { size, sha256 } = await writeDurably(parts.bytes, source);
    const info = { name, size, sha256, mimeType, storedAt: this.#clock.now() };
    await writeDurably(parts.about, oneChunk(formatAbout(info)));
    await syncFolders(incoming, this.#root);
    return info;
  }

  /** Renames `incoming` to `place`, durably; false when something is there already. */
  async #place(incoming: string, place: string): Promise<boolean> {
    for (let left = maxPlacements; ; left -= 1) {
      try {
        await makePrivateFolder(dirname(place));
        await rename(incoming, place);
        break;
      } catch (error) {
        const code = codeOf(error);
        if (code === "ENOTEMPTY" || code === "EEXIST") return false;
        if (code !== "ENOENT" || left <= 1) throw error;
      }
    }
    await ifThere(syncFolders(dirname(place), this.#root));
    return true;
  }

  /** What is kept under the name, when it is what we were about to put there. */
  async #sameAs(info: ArtifactInfo): Promise<ArtifactInfo> {
    const kept = await this.stat(info.name);
    if (kept?.sha256 === info.sha256 && kept.mimeType === info.mimeType) return kept;
    throw new ArtifactExists(info.name);
  }

  /** Removes `folder` and those above it while they are empty. */
  async #removeEmpty(folder: string): Promise<void> {
    for (let at = folder; at !== this.#root; at = dirname(at)) {
      try {
        await rmdir(at);
      } catch {
        return;
      }
    }
  }

  async *#names(folder: string, prefix: string): AsyncIterable<string> {
    const entries = await ifThere(opendir(folder));
    if (entries === null) return;
    for await (const { name: entry } of entries) {
      if (entry.startsWith(objectMark)) yield prefix + entry.slice(objectMark.length);
      else if (isArtifactName(entry)) {
        yield* this.#names(join(folder, entry), `${prefix}${entry}/`);
      }
    }
  }
}

async function* oneChunk(text: string): AsyncIterable<Uint8Array> {
  yield Buffer.from(text);
}

/** `stream` once its file is open: from then on a delete cannot take the bytes away. */
function opened(stream: ReturnType<typeof createReadStream>): Promise<Readable> {
  return new Promise((settle, reject) => {
    stream.once("error", reject);
    stream.once("open", () => {
      stream.off("error", reject);
      settle(stream);
    });
  });
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}

/** What `promise` resolves to, or null when it rejects because a file or folder is missing. */
async function ifThere<T>(promise: Promise<T>): Promise<T | null> {
  try {
    return await promise;
  } catch (error) {
    const code = codeOf(error);
    if (code === "ENOENT" || code === "ENOTDIR") return null;
    throw error;
  }
}
