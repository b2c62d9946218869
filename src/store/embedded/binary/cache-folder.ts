/**
 * The cache folder: mongods that were downloaded, and failures worth remembering. Any number of
 * processes use it at once, so every file is written under a name of its own and renamed: readers see a
 * whole file or none, and the last writer of two equal files wins.
 */
import {
  chmod,
  mkdir,
  mkdtemp,
  open,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
} from "node:fs/promises";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";

/** `$XDG_CACHE_HOME/music-generations`, or the same under `~/.cache` (a relative value is ignored). */
export function defaultCacheFolder(env: NodeJS.ProcessEnv): string {
  const base = env["XDG_CACHE_HOME"];
  const root = base !== undefined && isAbsolute(base) ? base : join(homedir(), ".cache");
  return join(root, "music-generations");
}

export class CacheFolder {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** Runs `work` with a fresh folder inside the cache, which is removed afterwards. */
  async withTemporaryFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
    await mkdir(this.path, { recursive: true, mode: 0o700 });
    const folder = await mkdtemp(join(this.path, "tmp-"));
    try {
      return await work(folder);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  /** Where the executable `name` is or would be. */
  executable(name: string): string {
    return join(this.path, name);
  }

  /** True when the executable `name` is there. */
  async has(name: string): Promise<boolean> {
    return await stat(this.executable(name)).then(
      (found) => found.isFile(),
      () => false,
    );
  }

  /** Moves `file`, which lies in a temporary folder of this cache, into place; returns its path. */
  async keepExecutable(name: string, file: string): Promise<string> {
    await chmod(file, 0o755);
    const handle = await open(file, "r");
    await handle.sync().finally(() => handle.close());
    await rename(file, this.executable(name));
    return this.executable(name);
  }

  /** Remembers `message` under `name`, as of `at`. */
  async rememberFailure(name: string, message: string, at: Date): Promise<void> {
    await this.withTemporaryFolder(async (folder) => {
      const file = join(folder, "failure");
      await writeFile(file, JSON.stringify({ at: at.getTime(), message }));
      await rename(file, join(this.path, `${name}.json`));
    });
  }

  /** The message remembered under `name` when it is younger than `maxAgeMs`, seen from `now`. */
  async failure(name: string, maxAgeMs: number, now: Date): Promise<string | undefined> {
    try {
      const known: unknown = JSON.parse(await readFile(join(this.path, `${name}.json`), "utf8"));
      const { at, message } = known as { at: number; message: string };
      const age = now.getTime() - at;
      return age >= 0 && age < maxAgeMs ? message : undefined;
    } catch {
      return undefined; // absent or unreadable: nothing is known
    }
  }
}
