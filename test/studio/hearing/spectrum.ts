/** Spectra of a signal over time, by our own FFT: what the other hearing tools look at. */

/** Radix-2 FFT in place; the length is a power of two (Cooley and Tukey, 1965). */
function fft(re: Float64Array, im: Float64Array): void {
  const n = re.length;
  for (let i = 1, j = 0; i < n; i++) {
    let bit = n >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i >= j) continue;
    [re[i], re[j]] = [re[j]!, re[i]!];
    [im[i], im[j]] = [im[j]!, im[i]!];
  }
  for (let size = 2; size <= n; size <<= 1) {
    const half = size >> 1;
    for (let k = 0; k < half; k++) {
      const angle = (-2 * Math.PI * k) / size;
      const cos = Math.cos(angle);
      const sin = Math.sin(angle);
      for (let a = k; a < n; a += size) {
        const b = a + half;
        const x = re[b]! * cos - im[b]! * sin;
        const y = re[b]! * sin + im[b]! * cos;
        re[b] = re[a]! - x;
        im[b] = im[a]! - y;
        re[a]! += x;
        im[a]! += y;
      }
    }
  }
}

/** Powers of the frequencies of `size` samples from each multiple of `hop` on, Hann-windowed. */
export function* spectra(
  samples: Float32Array,
  size: number,
  hop: number,
): Generator<Float64Array> {
  const window = Float64Array.from({ length: size }, (_, i) => {
    return 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / size);
  });
  const re = new Float64Array(size);
  const im = new Float64Array(size);
  for (let at = 0; at + size <= samples.length; at += hop) {
    for (let i = 0; i < size; i++) re[i] = samples[at + i]! * window[i]!;
    im.fill(0);
    fft(re, im);
    yield Float64Array.from({ length: size / 2 }, (_, k) => re[k]! ** 2 + im[k]! ** 2);
  }
}

/** The middle of a stereo signal. */
export function mono({ left, right }: { left: Float32Array; right: Float32Array }): Float32Array {
  return left.map((value, i) => (value + right[i]!) / 2);
}

/** Edges of `count` bands between two frequencies, evenly spaced for the ear, as bins. */
export function bandEdges(count: number, low: number, high: number, size: number): number[] {
  const ratio = high / low;
  return Array.from({ length: count + 1 }, (_, i) =>
    Math.max(1, Math.round((low * ratio ** (i / count) * size) / 44_100)),
  );
}

export function bandPowers(power: Float64Array, edges: readonly number[]): number[] {
  return edges.slice(1).map((end, index) => {
    let sum = 0;
    const from = edges[index]!;
    for (let k = from; k < Math.max(end, from + 1); k++) sum += power[k]!;
    return sum;
  });
}
