/** The meters against signals whose values are known, and the limiter against its promise. */
import { describe, expect, it, test } from "vitest";
import { Stopped, unstoppable } from "../../src/studio/control.ts";
import { type Stereo, stereo } from "../../src/studio/dsp/state.ts";
import { gainCurve, withCurve } from "../../src/studio/master/limiter.ts";
import { LoudnessMeter } from "../../src/studio/master/loudness.ts";
import { ceilingDb, findGain, limitedBy, loudnessWith } from "../../src/studio/master/master.ts";
import { survey } from "../../src/studio/master/survey.ts";
import { TruePeakMeter } from "../../src/studio/master/true-peak.ts";
import { loudness, sine, truePeakDb } from "./decode.ts";

function joined(parts: Iterable<Stereo>): Stereo {
  const left: number[] = [];
  const right: number[] = [];
  for (const part of parts) {
    for (let i = 0; i < part.left.length; i++) {
      left.push(part.left[i]!);
      right.push(part.right[i]!);
    }
  }
  return { left: Float32Array.from(left), right: Float32Array.from(right) };
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

/** `blocks` mastered with a gain in dB. */
function limited(blocks: readonly Stereo[], gainDb: number): Stereo {
  return joined(withCurve(blocks, limitedBy(survey(blocks, unstoppable), gainDb, unstoppable)));
}

function inBlocksOf(whole: Stereo, frames: number): Stereo[] {
  const count = Math.ceil(whole.left.length / frames);
  return Array.from({ length: count }, (_, i) => ({
    left: whole.left.subarray(i * frames, (i + 1) * frames),
    right: whole.right.subarray(i * frames, (i + 1) * frames),
  }));
}

describe("the survey", () => {
  test.each([
    ["noise with bursts", rough(2)],
    ["a crest between samples", sine(44_100 / 4, -6, 1, Math.PI / 4)],
    ["a high tone", sine(15_000, -6, 1, 0.3)],
    ["a low tone", sine(60, -6, 1, 0.3)],
  ])("finds the true peak of %s", (_, signal) => {
    const most = Math.max(...survey([signal], unstoppable).peaks);
    expect(Math.abs(20 * Math.log10(most) - truePeakDb(signal))).toBeLessThan(0.05);
  });

  it("puts a peak into its own span, wherever blocks end", () => {
    for (const at of [0, 62, 63, 8063, 8064, 8065, 16_120, 20_000 - 1]) {
      const signal = stereo(20_000);
      signal.right[at] = 0.5;
      const { peaks } = survey(inBlocksOf(signal, 1000), unstoppable);
      expect(peaks[Math.floor(at / 63)]).toBeCloseTo(0.5, 3);
      expect(peaks.length).toBe(Math.ceil(20_000 / 63));
    }
  });

  it("knows the loudness at any gain, limited or not, as the meter reads it", () => {
    const signal = rough(8);
    const piece = survey([signal], unstoppable);
    for (const gainDb of [-6, 6, 12, 20]) {
      const curve = limitedBy(piece, gainDb, unstoppable);
      const metered = loudness(joined(withCurve([signal], curve)));
      expect(Math.abs(loudnessWith(piece, curve) - metered)).toBeLessThan(0.1);
    }
  });
});

describe("mastering", () => {
  it("keeps every true peak below the ceiling, at any gain", () => {
    for (const gain of [0, 12, 24]) {
      expect(truePeakDb(limited([rough(3)], gain))).toBeLessThanOrEqual(ceilingDb + 0.1);
    }
  });

  it("changes nothing but the level of what stays below, and keeps its time", () => {
    const quiet = sine(440, -20, 1);
    const out = limited([quiet], 6);
    const gain = 10 ** (6 / 20);
    expect(out.left.length).toBe(quiet.left.length);
    for (let i = 0; i < out.left.length; i += 101) {
      expect(Math.abs(out.left[i]! - quiet.left[i]! * gain)).toBeLessThan(1e-5);
    }
  });

  it("lets go again after a peak", () => {
    const signal = sine(440, -20, 2);
    signal.left[44_100] = 1;
    const out = limited([signal], 12);
    expect(Math.abs(out.left[44_100]!)).toBeLessThan(10 ** (ceilingDb / 20) + 0.01);
    const level = (from: number) => Math.max(...out.left.subarray(from, from + 2205));
    expect(level(46_000)).toBeLessThan(level(20_000) * 0.8);
    expect(level(84_000)).toBeGreaterThan(level(20_000) * 0.99);
  });

  it("is the same for any block size", () => {
    const whole = rough(1);
    const cut = limited(inBlocksOf(whole, 1000), 20);
    const uncut = limited([whole], 20);
    expect(cut.left).toEqual(uncut.left);
  });

  it("brings a peaky signal to −14 LUFS", () => {
    const signal = rough(8);
    const gain = findGain(survey([signal], unstoppable), unstoppable);
    expect(Math.abs(loudness(limited([signal], gain)) + 14)).toBeLessThan(0.1);
  });

  it("leaves silence alone", () => {
    expect(findGain(survey([stereo(44_100)], unstoppable), unstoppable)).toBe(0);
  });
});

test("the limiter can be stopped within a part of a long piece, not only at its beginning", () => {
  const spans = 100_000;
  const quiet = {
    frames: 63 * spans,
    peaks: new Float32Array(spans),
    energies: new Float64Array(),
  };
  let looks = 0;
  const atThird = {
    checkpoint: (place: string) => {
      if (++looks === 3) throw new Stopped(place);
    },
  };
  expect(() => gainCurve(quiet, 1, 1, atThird)).toThrow(Stopped);
});
