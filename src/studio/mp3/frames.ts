/** MPEG-1 Layer III frames at a constant bit rate: what our encoder writes (ISO/IEC 11172-3, 2.4.1.3). */

/** Samples of each channel in a frame. */
export const frameSamples = 1152;
export const bitrateKbps = 256;

const bitratesKbps = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
const sampleRates = [44_100, 48_000, 32_000];

export interface FrameHeader {
  readonly bitrateKbps: number;
  readonly sampleRate: number;
  /** Bytes of the whole frame. */
  readonly length: number;
  /** 0 stereo, 1 joint stereo, 2 dual channel, 3 mono. */
  readonly channelMode: number;
}

/** Reads the header at `at`; null when no MPEG-1 Layer III frame begins there. */
export function readFrameHeader(bytes: Uint8Array, at: number): FrameHeader | null {
  if (at + 4 > bytes.length || bytes[at] !== 0xff || (bytes[at + 1]! & 0xfe) !== 0xfa) return null;
  const bitrate = bitratesKbps[bytes[at + 2]! >> 4];
  const rate = sampleRates[(bytes[at + 2]! >> 2) & 3];
  if (!bitrate || !rate) return null;
  const padding = (bytes[at + 2]! >> 1) & 1;
  const length = Math.floor((144_000 * bitrate) / rate) + padding;
  return { bitrateKbps: bitrate, sampleRate: rate, length, channelMode: bytes[at + 3]! >> 6 };
}

/** Counts frames in a stream that arrives in pieces of any size. */
export class FrameCounter {
  #header: number[] = [];
  #skip = 0;
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** @throws Error when the stream is not frame after frame */
  push(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) {
      if (this.#skip > 0) {
        const step = Math.min(this.#skip, bytes.length - at);
        this.#skip -= step;
        at += step;
        continue;
      }
      this.#header.push(bytes[at++]!);
      if (this.#header.length < 4) continue;
      const header = readFrameHeader(Uint8Array.from(this.#header), 0);
      if (header === null) throw new Error(`no MPEG frame after frame ${this.#count}`);
      this.#skip = header.length - 4;
      this.#header = [];
      this.#count++;
    }
  }
}
