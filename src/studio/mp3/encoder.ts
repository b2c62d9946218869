/**
 * MP3 at 256 kbit/s by LAME (compiled to WebAssembly in `wasm-media-encoders`). That build writes no
 * Info frame, so this adds one, and an ID3 tag before it.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createEncoder, type WasmMediaEncoder } from "wasm-media-encoders";
import { type Stereo, sampleRate } from "../dsp/state.ts";
import type { AudioEncoder, Context } from "../formats/format.ts";
import { crc16 } from "./crc16.ts";
import { bitrateKbps, FrameCounter } from "./frames.ts";
import { encoderDelay, infoFrame, infoFrameLength } from "./info-frame.ts";

let lameBytes: Uint8Array | null = null;

/** LAME's WebAssembly, read once for each thread. */
function lame(): Uint8Array {
  const require = createRequire(import.meta.url);
  lameBytes ??= readFileSync(require.resolve("wasm-media-encoders/wasm/mp3"));
  return lameBytes;
}

export class Mp3Encoder implements AudioEncoder {
  readonly #lame: WasmMediaEncoder<"audio/mpeg">;
  readonly #counter = new FrameCounter();
  readonly #tag: Uint8Array;
  readonly #context: Context;
  #header: Uint8Array | null = null;
  #bytes = 0;
  #crc = 0;
  #samples = 0;
  #peak = 0;

  private constructor(lame: WasmMediaEncoder<"audio/mpeg">, tag: Uint8Array, context: Context) {
    this.#lame = lame;
    this.#tag = tag;
    this.#context = context;
  }

  /**
   * @param tag an ID3v2 tag to begin with, or nothing
   * @param context what of the samples to come is no part of the piece
   */
  static async create(
    tag: Uint8Array,
    context: Context = { before: 0, after: 0 },
  ): Promise<Mp3Encoder> {
    const encoder = await createEncoder("audio/mpeg", lame());
    encoder.configure({ sampleRate, channels: 2, bitrate: bitrateKbps });
    return new Mp3Encoder(encoder, tag, context);
  }

  get headLength(): number {
    return this.#tag.length + infoFrameLength;
  }

  get frames(): number {
    return this.#samples;
  }

  encode({ left, right }: Stereo): Uint8Array {
    this.#samples += left.length;
    for (let i = 0; i < left.length; i++) {
      this.#peak = Math.max(this.#peak, Math.abs(left[i]!), Math.abs(right[i]!));
    }
    return this.#count(this.#lame.encode([left, right]));
  }

  finish(): Uint8Array {
    return this.#count(this.#lame.finalize());
  }

  /** The tag and the Info frame. */
  head(): Uint8Array {
    if (this.#header === null) throw new Error("nothing was encoded");
    const { before, after } = this.#context;
    const info = infoFrame({
      header: this.#header,
      frames: this.#counter.count,
      bytes: this.#bytes,
      crc: this.#crc,
      samples: this.#samples - before - after,
      delay: encoderDelay + before,
      peak: this.#peak,
    });
    return Buffer.concat([this.#tag, info]);
  }

  close(): void {}

  #count(bytes: Uint8Array): Uint8Array {
    if (this.#header === null && bytes.length >= 4) this.#header = bytes.slice(0, 4);
    this.#counter.push(bytes);
    this.#bytes += bytes.length;
    this.#crc = crc16(bytes, this.#crc);
    return bytes;
  }
}
