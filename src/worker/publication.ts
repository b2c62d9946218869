/**
 * What one attempt puts into the artifact store, under names of this attempt alone. It counts only once the
 * job names it; what the job does not name in the end is taken away again.
 */
import { type ArtifactStore, artifactName } from "../generations/artifacts.ts";
import type { EngineFile } from "../generations/engine.ts";
import type { Lease } from "../generations/job.ts";

/** The disk or the artifact store failed, not the engine. */
export class StorageError extends Error {}

/** @throws StorageError when `work` rejects */
export async function stored<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    throw new StorageError("storage failed", { cause });
  }
}

export class Publication {
  readonly #artifacts: ArtifactStore;
  readonly #lease: Lease;
  /** Stored, or about to be. */
  readonly #names: string[] = [];

  constructor(artifacts: ArtifactStore, lease: Lease) {
    this.#artifacts = artifacts;
    this.#lease = lease;
  }

  /**
   * Stores a file, streaming.
   * @param name within the attempt, without extension
   * @returns its name in the artifact store
   * @throws StorageError
   */
  async put({ path, mimeType, extension }: EngineFile, name: string): Promise<string> {
    const { jobId, epoch } = this.#lease;
    const artifact = artifactName(jobId, epoch, `${name}.${extension}`);
    this.#names.push(artifact);
    await stored(this.#artifacts.put(artifact, path, { mimeType }));
    return artifact;
  }

  /** Removes what was stored and is not among `named`. */
  async removeAllBut(named: readonly string[]): Promise<void> {
    for (const name of this.#names) {
      if (!named.includes(name)) await this.#artifacts.delete(name);
    }
  }
}
