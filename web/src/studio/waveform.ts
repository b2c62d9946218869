/** The waveform that the service has ready, in the form of BBC's audiowaveform. */

interface Waveform {
  readonly bits: number;
  /** Lowest and highest sample of each stretch, by turns. */
  readonly data: readonly number[];
}

/** The peaks between -1 and 1, or null when it cannot be read: the sound itself can still be drawn. */
export async function readWaveform(
  url: string,
  signal: AbortSignal,
): Promise<[Float32Array] | null> {
  try {
    const response = await fetch(url, { signal });
    return response.ok ? [peaksOf((await response.json()) as Waveform)] : null;
  } catch {
    return null;
  }
}

export function peaksOf({ bits, data }: Waveform): Float32Array {
  const full = 2 ** (bits - 1);
  return Float32Array.from(data, (sample) => sample / full);
}
