/** One folder for the data of all servers of a run, so that all of them write to the same disk. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Made in `BENCH_DIR`, or where temporary files go; must be on a disk, not in memory. */
export function makeFolder(): { path: string; remove: () => void } {
  const path = mkdtempSync(join(process.env["BENCH_DIR"] ?? tmpdir(), "mgb-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
