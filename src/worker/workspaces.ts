/**
 * The folders that attempts work in: `<root>/<job>/<epoch>`. They hold nothing that counts (a lost one
 * costs time, not results), so they are removed freely once their job has ended.
 */
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";

export class Workspaces {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  /** Makes the empty folder of one attempt and returns its path. */
  async create(jobId: string, epoch: number): Promise<string> {
    const path = this.pathOf(jobId, epoch);
    await rm(path, { recursive: true, force: true });
    await mkdir(path, { recursive: true, mode: 0o700 });
    return path;
  }

  pathOf(jobId: string, epoch: number): string {
    return join(this.#root, jobId, String(epoch));
  }

  /** Removes the folders of all attempts of a job. */
  async remove(jobId: string): Promise<void> {
    await rm(join(this.#root, jobId), { recursive: true, force: true });
  }

  /** Removes the folders of a job's earlier attempts, once this one does not need them. */
  async removeEarlier(jobId: string, epoch: number): Promise<void> {
    const found = await readdir(join(this.#root, jobId)).catch(() => []);
    const earlier = found.filter((name) => Number(name) < epoch);
    for (const name of earlier) {
      await rm(join(this.#root, jobId, name), { recursive: true, force: true });
    }
  }

  /** The jobs that have folders here. */
  async jobIds(): Promise<string[]> {
    return readdir(this.#root).catch(() => []);
  }
}
