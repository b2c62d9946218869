/** Fetches the audio behind a signed URL into a file. */
import { createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream } from "node:stream/web";

/** Writes to `path` only once all of it is there; throws when the service does not give it. */
export async function download(url: string, path: string): Promise<void> {
  const response = await fetch(url);
  if (!response.ok || response.body === null) {
    throw new Error(`The audio could not be fetched: ${response.status} ${response.statusText}`);
  }
  const partial = `${path}.partial`;
  try {
    await pipeline(
      Readable.fromWeb(response.body as ReadableStream<Uint8Array>),
      createWriteStream(partial),
    );
    await rename(partial, path);
  } finally {
    await rm(partial, { force: true });
  }
}
