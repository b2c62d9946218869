/** Whether a folder can still be written to. */
import { constants } from "node:fs";
import { access, mkdir, statfs } from "node:fs/promises";

/** Less than this, in bytes, and the disk counts as full: a long piece may not fit any more. */
const leastFreeBytes = 256 * 1024 * 1024;

/**
 * Makes the folder where it is missing.
 * @throws Error when it cannot be made or written to, or too little is free
 */
export async function checkDisk(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await access(folder, constants.W_OK);
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  if (free < leastFreeBytes) throw new Error(`${folder} has ${free} bytes left`);
}
