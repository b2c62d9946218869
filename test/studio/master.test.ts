/** The meters against signals whose values are known, and the limiter against its promise. */
import { describe, expect, it, test } from "vitest";
import { unstoppable } from "../../src/studio/control.ts";
import { type Stereo, stereo } from "../../src/studio/dsp/state.ts";
import { LoudnessMeter } from "../../src/studio/master/loudness.ts";
import { ceilingDb, findGain, limited } from "../../src/studio/master/master.ts";
import { TruePeakMeter } from "../../src/studio/master/true-peak.ts";
import { loudness, sine, truePeakDb } from "./decode.ts";

function joined(parts: readonly Stereo[]): Stereo {
  const whole = stereo(parts.reduce((sum, part) => sum + part.left.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.left.set(part.left, at);
    whole.right.set(part.right, at);
    at += part.left.length;
  }
  return whole;
}

/** Bursts and noise at many levels, like music with peaks: a fixed pseudo-random signal. */
function rough(seconds: number): Stereo {
  const signal = stereo(seconds * 44_100);
  let state = 1;
  let slow = 0;
  for (let i = 0; i < signal.left.length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    slow += (state / 2 ** 32 - 0.5 - slow) * 0.2;
    const burst = 0.3 + (i % 22_050 < 500 ? 6 : 0);
    signal.left[i] = slow * burst;
    signal.right[i] = slow * burst * 0.8;
  }
  return signal;
}

describe("loudness, by EBU Tech 3341", () => {
  test.each([
    ["case 1", -23, 20],
    ["case 2", -33, 20],
  ])("%s: a 1 kHz sine at %d dBFS", (_, level, seconds) => {
    expect(Math.abs(loudness(sine(1000, level, seconds)) - level)).toBeLessThan(0.1);
  });

  it("case 3: quiet passages are gated out", () => {
    const signal = joined([sine(1000, -36, 10), sine(1000, -23, 60), sine(1000, -36, 10)]);
    expect(Math.abs(loudness(signal) + 23)).toBeLessThan(0.1);
  });

  it("case 4: so is near silence", () => {
    const levels: [number, number][] = [
      [-72, 10],
      [-36, 10],
      [-23, 60],
      [-36, 10],
      [-72, 10],
    ];
    const signal = joined(levels.map(([level, seconds]) => sine(1000, level, seconds)));
    expect(Math.abs(loudness(signal) + 23)).toBeLessThan(0.1);
  });

  it("case 5: a passage within the gate counts", () => {
    const signal = joined([sine(1000, -26, 20), sine(1000, -20, 20.1), sine(1000, -26, 20)]);
    expect(Math.abs(loudness(signal) + 23)).toBeLessThan(0.1);
  });

  it("weighs low notes less, and reads BS.1770's reference on one channel", () => {
    const single = sine(997, 0, 5);
    single.right.fill(0);
    expect(Math.abs(loudness(single) + 3.01)).toBeLessThan(0.05);
    expect(loudness(sine(40, -23, 5))).toBeLessThan(-26);
    expect(loudness(sine(8000, -23, 5))).toBeGreaterThan(-20.5);
  });

  it("does not depend on how the signal is cut", () => {
    const whole = rough(3);
    const meter = new LoudnessMeter();
    for (let at = 0; at < whole.left.length; at += 777) {
      meter.push({
        left: whole.left.subarray(at, at + 777),
        right: whole.right.subarray(at, at + 777),
      });
    }
    expect(meter.integrated()).toBeCloseTo(loudness(whole), 9);
  });

  it("is minus infinity for silence", () => {
    expect(loudness(stereo(44_100))).toBe(Number.NEGATIVE_INFINITY);
  });
});

describe("true peak", () => {
  it("finds the crest between samples (EBU Tech 3341, case 16)", () => {
    const quarter = sine(44_100 / 4, -6, 1, Math.PI / 4);
    const sampled = Math.max(...quarter.left);
    expect(20 * Math.log10(sampled)).toBeLessThan(-8.9);
    expect(Math.abs(truePeakDb(quarter) + 6)).toBeLessThan(0.3);
  });

  test.each([997, 5512.5, 7350, 15_000])("of a sine of %d Hz is its amplitude", (hertz) => {
    expect(Math.abs(truePeakDb(sine(hertz, -6, 1, 0.3)) + 6)).toBeLessThan(0.3);
  });

  it("does not depend on how the signal is cut", () => {
    const whole = rough(1);
    const meter = new TruePeakMeter();
    for (let at = 0; at < whole.left.length; at += 97) {
      meter.push({
        left: whole.left.subarray(at, at + 97),
        right: whole.right.subarray(at, at + 97),
      });
    }
    expect(20 * Math.log10(meter.peak)).toBeCloseTo(truePeakDb(whole), 6);
  });
});

describe("mastering", () => {
  it("keeps every true peak below the ceiling, at any gain", () => {
    for (const gain of [0, 12, 24]) {
      expect(truePeakDb(joined([...limited([rough(3)], gain)]))).toBeLessThanOrEqual(
        ceilingDb + 0.1,
      );
    }
  });

  it("changes nothing but the level of what stays below, and keeps its time", () => {
    const quiet = sine(440, -20, 1);
    const out = joined([...limited([quiet], 6)]);
    const gain = 10 ** (6 / 20);
    expect(out.left.length).toBe(quiet.left.length);
    for (let i = 0; i < out.left.length; i += 101) {
      expect(Math.abs(out.left[i]! - quiet.left[i]! * gain)).toBeLessThan(1e-5);
    }
  });

  it("is the same for any block size", () => {
    const whole = rough(1);
    const blocks = Array.from({ length: 45 }, (_, i) => ({
      left: whole.left.subarray(i * 1000, (i + 1) * 1000),
      right: whole.right.subarray(i * 1000, (i + 1) * 1000),
    }));
    expect(joined([...limited(blocks, 20)]).left).toEqual(joined([...limited([whole], 20)]).left);
  });

  it("brings a peaky signal to −14 LUFS", () => {
    const signal = rough(8);
    const gain = findGain(() => [signal], unstoppable);
    expect(Math.abs(loudness(joined([...limited([signal], gain)])) + 14)).toBeLessThan(0.1);
  });

  it("leaves silence alone", () => {
    expect(findGain(() => [stereo(44_100)], unstoppable)).toBe(0);
  });
});
