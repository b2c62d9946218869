/** From the premaster on disk to the finished MP3, streaming. */
import { closeSync } from "node:fs";
import { isMajor } from "../compose/theory.ts";
import type { Control } from "../control.ts";
import type { Stereo } from "../dsp/state.ts";
import { Mp3Encoder } from "../mp3/encoder.ts";
import { id3Tag } from "../mp3/id3.ts";
import type { Score } from "../score.ts";
import { nameTemporary, openTemporary, writeAll } from "./files.ts";

export const masterName = "master.mp3";

/** ID3's notation of a key: the tonic, with `m` when it is minor. */
function keyText({ key }: Score): string {
  return key.tonic + (isMajor(key) ? "" : "m");
}

function tagOf(score: Score): Uint8Array {
  return id3Tag({
    TIT2: score.title.replaceAll("\0", " "),
    TBPM: String(Math.round(score.tempo)),
    TKEY: keyText(score),
    TCON: score.style.name,
    TLEN: String(score.durationSeconds * 1000),
    TSSE: "music-generations studio, LAME 3.100",
  });
}

/**
 * Encodes `signal` as `master.mp3` in `folder`.
 *
 * @param onFrames called with the frames done so far
 * @returns the frames that were encoded
 * @throws Stopped when `control` says so
 */
export async function encodeMaster(
  signal: Iterable<Stereo>,
  score: Score,
  folder: string,
  control: Control,
  onFrames: (frames: number) => void,
): Promise<number> {
  const encoder = await Mp3Encoder.create(tagOf(score));
  const file = openTemporary(folder, masterName);
  try {
    let at = encoder.headLength;
    const write = (bytes: Uint8Array) => {
      writeAll(file, bytes, at);
      at += bytes.length;
    };
    for (const block of signal) {
      control.checkpoint("encode");
      write(encoder.encode(block));
      onFrames(encoder.samples);
    }
    write(encoder.finish());
    writeAll(file, encoder.head(), 0);
  } finally {
    closeSync(file);
  }
  nameTemporary(folder, masterName);
  return encoder.samples;
}
