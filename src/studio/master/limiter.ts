/**
 * A look-ahead true-peak limiter: the gain that each peak needs is held over the look-ahead (a sliding
 * minimum), let go slowly, and smoothed by a moving average as long as the look-ahead, so that it has
 * come down completely when the peak arrives.
 */
import { gainOf, type Stereo, sampleRate } from "../dsp/state.ts";
import { peakDelay, TruePeakMeter } from "./true-peak.ts";

const lookahead = Math.round(0.005 * sampleRate);
const release = 1 - Math.exp(-1 / (0.12 * sampleRate));

/** The smallest of the last `length` values, in constant time a value (a monotonic queue). */
class SlidingMinimum {
  readonly #length: number;
  readonly #values: Float64Array;
  readonly #times: Int32Array;
  #head = 0;
  #count = 0;
  #time = 0;

  constructor(length: number) {
    this.#length = length;
    this.#values = new Float64Array(length + 1);
    this.#times = new Int32Array(length + 1);
  }

  next(value: number): number {
    const size = this.#values.length;
    while (this.#count > 0 && this.#values[(this.#head + this.#count - 1) % size]! >= value) {
      this.#count--;
    }
    const tail = (this.#head + this.#count) % size;
    this.#values[tail] = value;
    this.#times[tail] = this.#time;
    this.#count++;
    if (this.#times[this.#head]! <= this.#time - this.#length) {
      this.#head = (this.#head + 1) % size;
      this.#count--;
    }
    this.#time++;
    return this.#values[this.#head]!;
  }
}

export class Limiter {
  /** Output comes this many frames after its input. */
  static readonly latency = lookahead + peakDelay;

  readonly #ceiling: number;
  readonly #peaks = new TruePeakMeter();
  readonly #minimum = new SlidingMinimum(lookahead + 2);
  readonly #delay = [new Float32Array(Limiter.latency), new Float32Array(Limiter.latency)] as const;
  readonly #average = new Float64Array(lookahead).fill(1);
  #envelope = new Float32Array(0);
  #at = 0;
  #averageAt = 0;
  #averageSum = lookahead;
  #held = 1;

  /** @param ceilingDb the highest true peak let through, in dBTP */
  constructor(ceilingDb: number) {
    this.#ceiling = gainOf(ceilingDb);
  }

  /** Limits in place; the output is `Limiter.latency` frames late. */
  process(buffer: Stereo): void {
    const { left, right } = buffer;
    const frames = left.length;
    if (this.#envelope.length < frames) this.#envelope = new Float32Array(frames);
    const envelope = this.#envelope.subarray(0, frames);
    envelope.fill(0);
    this.#peaks.push(buffer, envelope, this.#ceiling);
    const [delayLeft, delayRight] = this.#delay;
    for (let i = 0; i < frames; i++) {
      const gain = this.#gainFor(envelope[i]!);
      const l = delayLeft[this.#at]!;
      const r = delayRight[this.#at]!;
      delayLeft[this.#at] = left[i]!;
      delayRight[this.#at] = right[i]!;
      this.#at = (this.#at + 1) % Limiter.latency;
      left[i] = l * gain;
      right[i] = r * gain;
    }
  }

  #gainFor(peak: number): number {
    const needed = this.#minimum.next(peak > this.#ceiling ? this.#ceiling / peak : 1);
    const held = this.#held;
    this.#held = needed < held ? needed : held + (needed - held) * release;
    this.#averageSum += this.#held - this.#average[this.#averageAt]!;
    this.#average[this.#averageAt] = this.#held;
    if (++this.#averageAt === lookahead) {
      this.#averageAt = 0;
      // Summed anew now and then, so that rounding never adds up.
      this.#averageSum = this.#average.reduce((sum, value) => sum + value, 0);
    }
    return this.#averageSum / lookahead;
  }
}
