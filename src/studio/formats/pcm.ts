/**
 * Samples as whole numbers of 24 bits. They are rounded without dither: the error is 146 dB below full
 * scale, under the noise of any converter that plays it.
 */
import type { Stereo } from "../dsp/state.ts";

export const bitsPerSample = 24;
const scale = 2 ** (bitsPerSample - 1);

function quantized(sample: number): number {
  return Math.max(-scale, Math.min(scale - 1, Math.round(sample * scale)));
}

/** Left and right in turn; what is beyond full scale is clipped. */
export function interleaved({ left, right }: Stereo): Int32Array {
  const samples = new Int32Array(left.length * 2);
  for (let i = 0; i < left.length; i++) {
    samples[2 * i] = quantized(left[i]!);
    samples[2 * i + 1] = quantized(right[i]!);
  }
  return samples;
}
