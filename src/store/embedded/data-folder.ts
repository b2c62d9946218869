/**
 * What the embedded database keeps under the data folder, and where: the names, the note that tells
 * other processes of the same user whom to talk to, and the folder's creation.
 */
import { mkdir, readFile, realpath, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ProcessIdentity } from "./process-identity.ts";

/** A process as the note names it; see process-identity.ts. */
export type NotedProcess = Pick<ProcessIdentity, "pid" | "startedAt">;

/** What the holder of the lock writes down; believed only while that process runs. */
export interface ServiceNote {
  /** The service (or command) that holds the lock. */
  readonly service: NotedProcess;
  /** The running mongod, once there is one. */
  readonly mongod?: NotedProcess;
  /** How to reach it, once it serves. */
  readonly uri?: string;
}

export class DataFolder {
  /** Absolute, without symbolic links: one folder has one name. */
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** Creates `path` and the database's folder in it where they are missing. */
  static async open(path: string): Promise<DataFolder> {
    await mkdir(path, { recursive: true, mode: 0o700 });
    const folder = new DataFolder(await realpath(path));
    await mkdir(folder.database, { recursive: true, mode: 0o700 });
    return folder;
  }

  get database(): string {
    return join(this.path, "mongod");
  }

  get log(): string {
    return join(this.path, "mongod.log");
  }

  get lock(): string {
    return join(this.path, "service.lock");
  }

  /** Where the socket lies if its path can be used (see socket-folder.ts). */
  get socketFolder(): string {
    return join(this.path, "mongod-socket");
  }

  get #note(): string {
    return join(this.path, "service.json");
  }

  /** The note, or undefined when there is none that can be read. */
  async readNote(): Promise<ServiceNote | undefined> {
    try {
      return JSON.parse(await readFile(this.#note, "utf8")) as ServiceNote;
    } catch {
      return undefined;
    }
  }

  /** Only for the holder of the lock. Readable by the user alone. */
  async writeNote(note: ServiceNote): Promise<void> {
    const temporary = `${this.#note}.tmp`;
    await rm(temporary, { force: true });
    await writeFile(temporary, `${JSON.stringify(note)}\n`, { mode: 0o600 });
    await rename(temporary, this.#note);
  }

  async removeNote(): Promise<void> {
    await rm(this.#note, { force: true });
  }
}
