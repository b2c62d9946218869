/** ID3v2.4 tags of UTF-8 text frames (id3.org/id3v2.4.0-structure and -frames). */

import { software, type Tags } from "../formats/tags.ts";

/** Seven bits a byte, so that no byte looks like an MPEG sync. */
function syncsafe(value: number): Buffer {
  return Buffer.from([21, 14, 7, 0].map((shift) => (value >> shift) & 0x7f));
}

function textFrame(id: string, text: string): Buffer {
  const utf8 = 3;
  const body = Buffer.concat([Buffer.of(utf8), Buffer.from(text, "utf8")]);
  return Buffer.concat([Buffer.from(id, "latin1"), syncsafe(body.length), Buffer.alloc(2), body]);
}

/**
 * A tag to stand at the very start of the file.
 *
 * @param frames frame identifiers, such as `TIT2`, with their texts (no NUL in them)
 */
export function id3Tag(frames: Readonly<Record<string, string>>): Uint8Array {
  const body = Buffer.concat(Object.entries(frames).map(([id, text]) => textFrame(id, text)));
  const version = Buffer.of(4, 0, 0);
  return Buffer.concat([Buffer.from("ID3", "latin1"), version, syncsafe(body.length), body]);
}

/** The tag of a piece: title, tempo, key, genre, length, software. */
export function tagOf({ title, tempo, key, genre, seconds }: Tags): Uint8Array {
  return id3Tag({
    TIT2: title,
    TBPM: String(Math.round(tempo)),
    TKEY: key,
    TCON: genre,
    TLEN: String(seconds * 1000),
    TSSE: `${software}, LAME 3.100`,
  });
}
