/** A temporary folder for one test, removed when the test ends. */
import { mkdir, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { systemRandom } from "../../src/base/random.ts";

/** Its path has no symbolic links in it, and its name is in lower case. */
export async function temporaryFolder(): Promise<string> {
  const root = await realpath(tmpdir());
  const folder = join(root, `music-test-${systemRandom.hex(6)}`);
  await mkdir(folder, { mode: 0o700 });
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
