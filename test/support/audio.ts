/** Audio files of the three kinds as players hear them: read by other people's decoders, WAV by its header. */
import { FLACDecoder } from "@wasm-audio-decoders/flac";
import { MPEGDecoder } from "mpg123-decoder";
import type { Stereo } from "../../src/studio/dsp/state.ts";

/** @throws Error when it does not decode cleanly as stereo at 44.1 kHz */
export function decodeAudio(bytes: Uint8Array, mimeType: string): Promise<Stereo> {
  const decode = decoders[mimeType];
  if (decode === undefined) throw new TypeError(`no decoder of ${mimeType}`);
  return decode(bytes);
}

const decoders: Readonly<Record<string, (bytes: Uint8Array) => Promise<Stereo>>> = {
  "audio/mpeg": async (bytes) => {
    const decoder = new MPEGDecoder({ enableGapless: true });
    await decoder.ready;
    const decoded = decoder.decode(bytes);
    return checked(decoded, () => decoder.free());
  },
  "audio/flac": async (bytes) => {
    const decoder = new FLACDecoder();
    await decoder.ready;
    const decoded = await decoder.decodeFile(bytes);
    return checked(decoded, () => decoder.free());
  },
  "audio/wav": async (bytes) => {
    const file = Buffer.from(bytes);
    const at = file.indexOf("data") + 8;
    const frames = file.readUInt32LE(at - 4) / 6;
    const side = (offset: number) =>
      Float32Array.from(
        { length: frames },
        (_, i) => file.readIntLE(at + 6 * i + offset, 3) / scale,
      );
    return { left: side(0), right: side(3) };
  },
};

/** What the FLAC decoder takes for full scale. */
const scale = 2 ** 23 - 1;

interface Decoded {
  readonly channelData: readonly Float32Array[];
  readonly sampleRate: number;
  readonly errors: readonly unknown[];
}

function checked({ channelData, sampleRate, errors }: Decoded, free: () => void): Stereo {
  const [left, right] = channelData.map((channel) => channel.slice());
  free();
  if (errors.length > 0 || sampleRate !== 44_100 || !left || !right) {
    throw new Error(`does not decode: ${JSON.stringify(errors)}, ${sampleRate} Hz`);
  }
  return { left, right };
}
