/**
 * The Info frame that stands before the music in a constant bit rate MP3: a silent frame whose data
 * area holds the Xing header (frame count, byte count, seek table) and LAME's extension (encoder
 * delay and padding, so that players restore the exact length; lengths and CRCs).
 *
 * Layout: "MP3 Info Tag rev 1 specifications", gabriel.mp3-tech.org/mp3infotag.html. Offsets below are
 * from the start of the frame: 4 bytes of header, 32 of side information, then the tag.
 */
import { crc16 } from "./crc16.ts";
import { bitrateKbps, frameSamples } from "./frames.ts";

/** Samples of silence that LAME puts before the music, the decoder's own 529 not counted. */
export const encoderDelay = 576;

const tagAt = 36;
const lameAt = tagAt + 120;
/** Where the LAME extension's CRC stands; it covers all before it. */
const crcAt = lameAt + 34;

/** The length of the Info frame: the same as of a music frame without the padding byte. */
export const infoFrameLength = Math.floor((144_000 * bitrateKbps) / 44_100);

export interface MusicStream {
  /** The first four bytes of the first music frame. */
  readonly header: Uint8Array;
  readonly frames: number;
  readonly bytes: number;
  /** CRC-16 of all music bytes. */
  readonly crc: number;
  /** Samples of each channel that are the music. */
  readonly samples: number;
  /** Samples before them: the encoder's own delay, and what else is to be left out. */
  readonly delay: number;
  /** The largest sample in the music, 1 being full scale. */
  readonly peak: number;
}

/** The frame that describes `music`, to be written directly before it. */
export function infoFrame(music: MusicStream): Uint8Array {
  const frame = Buffer.alloc(infoFrameLength);
  frame.set(music.header.subarray(0, 4));
  frame[1]! |= 0x01; // no CRC after the header
  frame[2]! &= 0xfd; // no padding byte
  writeXing(frame, music);
  writeLame(frame, music);
  frame.writeUInt16BE(crc16(frame.subarray(0, crcAt)), crcAt);
  return frame;
}

function writeXing(frame: Buffer, music: MusicStream): void {
  const hasFramesBytesTocAndQuality = 0b1111;
  frame.write("Info", tagAt, "latin1");
  frame.writeUInt32BE(hasFramesBytesTocAndQuality, tagAt + 4);
  frame.writeUInt32BE(music.frames, tagAt + 8);
  frame.writeUInt32BE(music.bytes + infoFrameLength, tagAt + 12);
  // With a constant bit rate the position in bytes is that in time.
  for (let i = 0; i < 100; i++) frame[tagAt + 16 + i] = Math.floor((i * 256) / 100);
  frame.writeUInt32BE(50, tagAt + 116); // quality, of 100
}

function writeLame(frame: Buffer, music: MusicStream): void {
  const padding = music.frames * frameSamples - music.delay - music.samples;
  for (const length of [music.delay, padding]) {
    if (length < 0 || length > 0xfff) throw new RangeError(`${length} samples to leave out`);
  }
  frame.write("LAME3.100", lameAt, "latin1");
  frame[lameAt + 9] = 0x01; // tag revision 0, constant bit rate
  frame[lameAt + 10] = 200; // low-pass at 20 kHz, in units of 100 Hz
  frame.writeUInt32BE(Math.round(music.peak * 2 ** 23), lameAt + 11);
  frame[lameAt + 20] = Math.min(255, bitrateKbps);
  frame[lameAt + 21] = music.delay >> 4;
  frame[lameAt + 22] = ((music.delay & 0xf) << 4) | (padding >> 8);
  frame[lameAt + 23] = padding & 0xff;
  frame[lameAt + 24] = (1 << 6) | (3 << 2); // source at 44.1 kHz, joint stereo
  frame.writeUInt32BE(music.bytes + infoFrameLength, lameAt + 28);
  frame.writeUInt16BE(music.crc, lameAt + 32);
}
