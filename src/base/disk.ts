/** Whether a folder can still be written to. */
import { constants } from "node:fs";
import { access, mkdir, statfs } from "node:fs/promises";

/** Less than this, in bytes, and the disk counts as full: a long piece may not fit any more. */
export const leastFreeBytes = 256 * 1024 * 1024;

/** What an unprivileged user may still write to the disk of `folder`. */
export async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

/**
 * Makes the folder where it is missing.
 * @throws Error when it cannot be made or written to, or too little is free
 */
export async function checkDisk(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await access(folder, constants.W_OK);
  const free = await freeBytes(folder);
  if (free < leastFreeBytes) throw new Error(`${folder} has ${free} bytes left`);
}
