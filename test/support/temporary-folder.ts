/** A temporary folder for one test, removed when the test ends. */
import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** Its path has no symbolic links in it, and its name is in lower case. */
export async function temporaryFolder(): Promise<string> {
  const root = await realpath(tmpdir());
  const folder = await mkdtemp(join(root, "music-generations-test-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
