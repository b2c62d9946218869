/**
 * FLAC with 24 bits by libFLAC. The metadata are written here (RFC 9639, 8): the library's own come
 * before it knows length and checksum, and it writes no tags.
 */
import { type Stereo, sampleRate } from "../dsp/state.ts";
import type { AudioEncoder } from "../formats/format.ts";
import { bitsPerSample, interleaved } from "../formats/pcm.ts";
import { software, type Tags } from "../formats/tags.ts";
import { type LibFlac, libFlac, type StreamInfo } from "./libflac.ts";

const channels = 2;
const compressionLevel = 5;
const streamInfo = 0;
const vorbisComment = 4;
const lastBlock = 0x80;
const streamInfoBytes = 34;

function block(type: number, body: Uint8Array): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt32BE(body.length);
  head[0] = type;
  return Buffer.concat([head, body]);
}

function streamInfoBlock(info: StreamInfo): Buffer {
  const body = Buffer.alloc(streamInfoBytes);
  body.writeUInt16BE(info.min_blocksize, 0);
  body.writeUInt16BE(info.max_blocksize, 2);
  body.writeUIntBE(info.min_framesize, 4, 3);
  body.writeUIntBE(info.max_framesize, 7, 3);
  const packed =
    (BigInt(sampleRate) << 44n) |
    (BigInt(channels - 1) << 41n) |
    (BigInt(bitsPerSample - 1) << 36n) |
    BigInt(info.total_samples);
  body.writeBigUInt64BE(packed, 10);
  body.write(info.md5sum, 18, "hex");
  return block(streamInfo, body);
}

function text(value: string): Buffer {
  const utf8 = Buffer.from(value, "utf8");
  const size = Buffer.alloc(4);
  size.writeUInt32LE(utf8.length);
  return Buffer.concat([size, utf8]);
}

function commentBlock({ title, genre, tempo, key }: Tags): Buffer {
  const comments = [
    `TITLE=${title}`,
    `GENRE=${genre}`,
    `BPM=${Math.round(tempo)}`,
    `INITIALKEY=${key}`,
  ];
  const count = Buffer.alloc(4);
  count.writeUInt32LE(comments.length);
  const body = Buffer.concat([text(software), count, ...comments.map(text)]);
  return block(vorbisComment | lastBlock, body);
}

export class FlacEncoder implements AudioEncoder {
  readonly #flac: LibFlac;
  readonly #comments: Buffer;
  #id: number;
  #ready: Uint8Array[] = [];
  #info: StreamInfo | null = null;
  #frames = 0;

  private constructor(flac: LibFlac, tags: Tags) {
    this.#flac = flac;
    this.#comments = commentBlock(tags);
    this.#id = flac.create_libflac_encoder(sampleRate, channels, bitsPerSample, compressionLevel);
    const status = flac.init_encoder_stream(
      this.#id,
      // Without samples it is metadata, of which we have our own.
      (data, _bytes, samples) => samples > 0 && this.#ready.push(data.slice()),
      (info) => {
        this.#info = info;
      },
      false,
    );
    if (this.#id === 0 || status !== 0) throw new Error(`libFLAC does not start: ${status}`);
  }

  static async create(tags: Tags): Promise<FlacEncoder> {
    return new FlacEncoder(await libFlac(), tags);
  }

  get headLength(): number {
    return 4 + 4 + streamInfoBytes + this.#comments.length;
  }

  get frames(): number {
    return this.#frames;
  }

  encode(signal: Stereo): Uint8Array {
    const frames = signal.left.length;
    this.#frames += frames;
    const done = this.#flac.FLAC__stream_encoder_process_interleaved(
      this.#id,
      interleaved(signal),
      frames,
    );
    if (!done) throw new Error("libFLAC does not take the samples");
    return this.#taken();
  }

  finish(): Uint8Array {
    if (!this.#flac.FLAC__stream_encoder_finish(this.#id)) throw new Error("libFLAC does not end");
    return this.#taken();
  }

  head(): Uint8Array {
    if (this.#info === null) throw new Error("the stream has not ended");
    const magic = Buffer.from("fLaC", "latin1");
    return Buffer.concat([magic, streamInfoBlock(this.#info), this.#comments]);
  }

  close(): void {
    if (this.#id !== 0) this.#flac.FLAC__stream_encoder_delete(this.#id);
    this.#id = 0;
  }

  #taken(): Uint8Array {
    const bytes = Buffer.concat(this.#ready);
    this.#ready = [];
    return bytes;
  }
}
