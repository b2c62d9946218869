/** From a signal to a finished audio file, streaming. */
import { closeSync } from "node:fs";
import type { Control } from "../control.ts";
import type { Stereo } from "../dsp/state.ts";
import type { AudioFormat, Context } from "../formats/format.ts";
import type { Tags } from "../formats/tags.ts";
import { nameTemporary, openTemporary, writeAll } from "./files.ts";

export interface EncodeJob {
  readonly signal: Iterable<Stereo>;
  readonly format: AudioFormat;
  /** What of the signal is around the file's own music; nothing when left out. */
  readonly context?: Context;
  readonly tags: Tags;
  readonly folder: string;
  /** The file's name without its extension. */
  readonly name: string;
  readonly control: Control;
  /** Called with the frames done so far. */
  readonly onFrames: (frames: number) => void;
}

/**
 * Encodes the signal as a file in the folder.
 *
 * @returns the file's name and the frames that were encoded
 * @throws Stopped when the control says so
 */
export async function encodeFile(job: EncodeJob): Promise<{ file: string; frames: number }> {
  const { signal, format, folder, control, context } = job;
  const encoder = await format.create(job.tags, context);
  const name = `${job.name}.${format.extension}`;
  const file = openTemporary(folder, name);
  try {
    let at = encoder.headLength;
    const write = (bytes: Uint8Array) => {
      writeAll(file, bytes, at);
      at += bytes.length;
    };
    for (const block of signal) {
      control.checkpoint("encode");
      write(encoder.encode(block));
      job.onFrames(encoder.frames);
    }
    write(encoder.finish());
    writeAll(file, encoder.head(), 0);
  } finally {
    encoder.close();
    closeSync(file);
  }
  nameTemporary(folder, name);
  return { file: name, frames: encoder.frames };
}
