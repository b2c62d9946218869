/** Music as the mixer leaves it, in memory: for tests that listen to it and need no file. */
import { unstoppable } from "../../../src/studio/control.ts";
import { type Stereo, sampleRate, slice, stereo } from "../../../src/studio/dsp/state.ts";
import { Mixer } from "../../../src/studio/render/mixer.ts";
import { Overlap } from "../../../src/studio/render/overlap.ts";
import type { SoundBank } from "../../../src/studio/render/sound-bank.ts";
import { blockFrames, synthesize } from "../../../src/studio/render/synthesize.ts";
import type { Score } from "../../../src/studio/score.ts";

/**
 * What of the piece begins between two times, in seconds, mixed as if nothing had come before.
 */
export function excerptOf(bank: SoundBank, score: Score, from: number, to: number): Stereo {
  const [first, end] = [Math.round(from * sampleRate), Math.round(to * sampleRate)];
  const whole = stereo(Math.max(0, end - first));
  const mixer = new Mixer(score);
  const overlap = new Overlap(score.parts.length);
  for (const block of synthesize(bank, score, first, end, unstoppable)) {
    if (block.at >= end - first) break;
    const parts = overlap.take(block, end - first);
    const until = Math.min(end - first, block.at + blockFrames);
    mixer.process(parts, first + block.at, slice(whole, block.at, until));
  }
  return whole;
}

/** The beginnings of the first sections after the intro, `seconds` of each, one after the other. */
export function samplerOf(
  bank: SoundBank,
  score: Score,
  sections: number,
  seconds: number,
): Stereo {
  const inner = score.sections.filter(({ kind }) => kind !== "intro" && kind !== "outro");
  const frames = Math.round(seconds * sampleRate);
  const starts = inner.slice(0, sections).map(({ firstBar }) => firstBar * score.barSeconds);
  const whole = stereo(frames * starts.length);
  starts.forEach((start, index) => {
    const excerpt = excerptOf(bank, score, start, start + seconds);
    whole.left.set(excerpt.left.subarray(0, frames), index * frames);
    whole.right.set(excerpt.right.subarray(0, frames), index * frames);
  });
  return whole;
}
