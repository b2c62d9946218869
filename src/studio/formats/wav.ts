/**
 * WAV with 24 bits: RIFF/WAVE with the extensible format chunk that Microsoft asks for above 16 bits,
 * and an INFO list for title, genre and software.
 */
import { type Stereo, sampleRate } from "../dsp/state.ts";
import type { AudioEncoder } from "./format.ts";
import { bitsPerSample, interleaved } from "./pcm.ts";
import { software, type Tags } from "./tags.ts";

const channels = 2;
const frameBytes = (channels * bitsPerSample) / 8;
const formatBytes = 40;
const extensible = 0xfffe;
/** KSDATAFORMAT_SUBTYPE_PCM. */
const pcmGuid = "0100000000001000800000aa00389b71";

function chunk(id: string, body: Uint8Array): Buffer {
  const size = Buffer.alloc(4);
  size.writeUInt32LE(body.length);
  return Buffer.concat([Buffer.from(id, "latin1"), size, body, Buffer.alloc(body.length % 2)]);
}

function formatChunk(): Buffer {
  const body = Buffer.alloc(formatBytes);
  body.writeUInt16LE(extensible, 0);
  body.writeUInt16LE(channels, 2);
  body.writeUInt32LE(sampleRate, 4);
  body.writeUInt32LE(sampleRate * frameBytes, 8);
  body.writeUInt16LE(frameBytes, 12);
  body.writeUInt16LE(bitsPerSample, 14);
  body.writeUInt16LE(22, 16); // bytes that follow
  body.writeUInt16LE(bitsPerSample, 18);
  body.writeUInt32LE(0b11, 20); // front left, front right
  body.write(pcmGuid, 24, "hex");
  return chunk("fmt ", body);
}

function infoChunk({ title, genre }: Tags): Buffer {
  const entry = (id: string, text: string) => chunk(id, Buffer.from(`${text}\0`, "utf8"));
  return chunk(
    "LIST",
    Buffer.concat([
      Buffer.from("INFO", "latin1"),
      entry("INAM", title),
      entry("IGNR", genre),
      entry("ISFT", software),
    ]),
  );
}

export class WavEncoder implements AudioEncoder {
  readonly #before: Buffer;
  #frames = 0;

  constructor(tags: Tags) {
    this.#before = Buffer.concat([formatChunk(), infoChunk(tags)]);
  }

  /** RIFF header, the chunks before the music, and the music's own header. */
  get headLength(): number {
    return 12 + this.#before.length + 8;
  }

  get frames(): number {
    return this.#frames;
  }

  encode(block: Stereo): Uint8Array {
    this.#frames += block.left.length;
    const samples = interleaved(block);
    const bytes = new Uint8Array(samples.length * 3);
    for (let i = 0, at = 0; i < samples.length; i++) {
      const sample = samples[i]!;
      bytes[at++] = sample;
      bytes[at++] = sample >> 8;
      bytes[at++] = sample >> 16;
    }
    return bytes;
  }

  finish(): Uint8Array {
    return new Uint8Array(0);
  }

  head(): Uint8Array {
    const music = this.#frames * frameBytes;
    const riff = Buffer.from("RIFF....WAVE", "latin1");
    riff.writeUInt32LE(this.headLength - 8 + music, 4);
    const data = Buffer.from("data....", "latin1");
    data.writeUInt32LE(music, 4);
    return Buffer.concat([riff, this.#before, data]);
  }

  close(): void {}
}
