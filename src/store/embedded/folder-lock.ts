/**
 * One service a data folder. The lock must vanish with its holder, SIGKILL included, and be taken
 * atomically, so it has to be the kernel's: a file with a pid in it can be read as stale by two at once,
 * and libraries that renew a time stamp leave a crashed service locked out for their stale period. Node
 * has no `flock`, but it has SQLite, which takes fcntl locks on Linux and macOS alike: an open write
 * transaction on an empty database is the lock. It also holds between containers that share the folder
 * and, unlike bare fcntl, between two holders in one process.
 *
 * (mongod holds such a lock of its own on its folder, so data is safe in any case; this one comes first,
 * gives a clear answer, and covers the time when mongod is being restarted.)
 *
 * Nothing else in this process may open the file: closing it would drop the lock.
 */
import { chmodSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";

/** SQLITE_BUSY, the primary code. */
const busy = 5;

export class FolderLock {
  readonly #database: DatabaseSync;

  private constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** Takes the lock at `file`, or returns undefined when somebody holds it. Never waits. */
  static tryAcquire(file: string): FolderLock | undefined {
    const database = new DatabaseSync(file, { timeout: 0 });
    try {
      database.exec("BEGIN IMMEDIATE");
      chmodSync(file, 0o600);
      return new FolderLock(database);
    } catch (error) {
      database.close();
      if (((error as { errcode?: number }).errcode ?? 0) % 256 === busy) return undefined;
      throw error;
    }
  }

  release(): void {
    if (this.#database.isOpen) this.#database.close();
  }
}
