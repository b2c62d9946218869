/** Decodes an MP3 with mpg123 (WebAssembly): what a player hears, encoder delay and padding removed. */
import { readFileSync } from "node:fs";
import { MPEGDecoder } from "mpg123-decoder";
import type { Stereo } from "../../src/studio/dsp/state.ts";
import { LoudnessMeter } from "../../src/studio/master/loudness.ts";
import { TruePeakMeter } from "../../src/studio/master/true-peak.ts";

/** The file's samples. @throws Error when it does not decode cleanly at 44.1 kHz */
export async function decode(path: string): Promise<Stereo> {
  const decoder = new MPEGDecoder({ enableGapless: true });
  await decoder.ready;
  const { channelData, sampleRate, errors } = decoder.decode(readFileSync(path));
  const [left, right] = channelData.map((channel) => channel.slice());
  decoder.free();
  if (errors.length > 0 || sampleRate !== 44_100 || !left || !right) {
    throw new Error(`does not decode: ${JSON.stringify(errors)}, ${sampleRate} Hz`);
  }
  return { left, right };
}

/** Integrated loudness in LUFS. */
export function loudness(signal: Stereo): number {
  const meter = new LoudnessMeter();
  meter.push(signal);
  return meter.integrated();
}

/** True peak in dBTP. */
export function truePeakDb(signal: Stereo): number {
  const meter = new TruePeakMeter();
  meter.push(signal);
  return 20 * Math.log10(meter.peak);
}

/** A sine on both channels, `db` dB of full scale at its crests. */
export function sine(hertz: number, db: number, seconds: number, phase = 0): Stereo {
  const left = new Float32Array(Math.round(seconds * 44_100));
  const amplitude = 10 ** (db / 20);
  for (let i = 0; i < left.length; i++) {
    left[i] = amplitude * Math.sin((2 * Math.PI * hertz * i) / 44_100 + phase);
  }
  return { left, right: left.slice() };
}
