/** A continuation is the same music going on: what stays, what joins, and that it is not the same again. */
import { describe, expect, it, test } from "vitest";
import { compose } from "../../src/studio/compose/compose.ts";
import { type Handover, handoverOf, readHandover } from "../../src/studio/compose/handover.ts";
import { scaleOf } from "../../src/studio/compose/theory.ts";
import { continued } from "../../src/studio/prompt/continued.ts";
import { interpret } from "../../src/studio/prompt/interpret.ts";
import type { NoteEvent, Score } from "../../src/studio/score.ts";
import { styles } from "../../src/studio/styles.ts";

interface Piece {
  readonly score: Score;
  readonly handover: Handover;
}

function original(genre: string, seed = 5, durationSeconds = 70): Piece {
  const interpretation = interpret({ prompt: "", styleTags: [], fields: { genre } }, seed);
  const score = compose({ interpretation, durationSeconds, seed, title: null });
  return { score, handover: handoverOf(interpretation, score, seed, null) };
}

function continuing(from: Handover, seed = 99, durationSeconds = 70, prompt = ""): Piece {
  const interpretation = continued(from, { prompt, styleTags: [] });
  const score = compose({ interpretation, durationSeconds, seed, title: null, from });
  return { score, handover: handoverOf(interpretation, score, seed, from) };
}

function barsOf({ endingAt, barSeconds }: Score): number {
  return Math.round(endingAt / barSeconds);
}

/** The notes of a bar, each with the sixteenth where it is written. */
function inBar(score: Score, bar: number): (NoteEvent & { readonly step: number })[] {
  const first = score.endingAt - barsOf(score) * score.barSeconds;
  const sixteenth = score.barSeconds / score.metre.steps;
  return score.notes
    .map((note) => ({
      ...note,
      step: Math.round((note.start - first - bar * score.barSeconds) / sixteenth),
    }))
    .filter(({ step }) => step >= 0 && step < score.metre.steps);
}

/** What makes a bar of the tune known again: where its first notes are, and which way they go. */
function gestures(score: Score): string[] {
  const bars = Array.from({ length: barsOf(score) }, (_, bar) => inBar(score, bar));
  return bars.flatMap((notes) => {
    const tune = notes.filter(({ part }) => score.parts[part]!.role === "melody");
    const opening = tune.slice(0, 3);
    if (opening.length < 3) return [];
    const ways = opening.slice(1).map(({ pitch }, i) => Math.sign(pitch - opening[i]!.pitch));
    return [`${opening.map(({ step }) => step).join()} ${ways.join()}`];
  });
}

/** Share of the gestures of `of` that `other` has too. */
function known(of: Score, other: Score): number {
  const heard = new Set(gestures(other));
  const own = gestures(of);
  return own.filter((gesture) => heard.has(gesture)).length / own.length;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

const pairs = styles.map(({ key }) => {
  const first = original(key);
  return { key, first, second: continuing(first.handover) };
});
const each = pairs.map((pair) => [pair.key, pair] as const);

test.each(each)("%s goes on in its key, tempo and metre, with its instruments", (_, pair) => {
  const { first, second } = pair;
  expect(second.score.key).toEqual(first.score.key);
  expect(second.score.metre).toEqual(first.score.metre);
  expect(second.score.tempo).toBeCloseTo(first.score.tempo, 6);
  expect(second.score.parts).toEqual(first.score.parts);
});

test.each(each)("%s: the first bar joins the last chord", (_, { first, second }) => {
  const { notes, parts, durationSeconds, key } = first.score;
  const last = notes.filter((note) => note.start + note.duration > durationSeconds - 0.01);
  const chord = new Set(last.filter(({ part }) => !parts[part]!.isDrums).map((n) => n.pitch % 12));
  expect(chord.has(scaleOf(key)[0]!)).toBe(true);
  const opening = inBar(second.score, 0).filter(({ part, step }) => {
    const { role } = parts[part]!;
    return step === 0 && ["chords", "pad", "arpeggio", "bass"].includes(role);
  });
  expect(opening.length).toBeGreaterThan(0);
  for (const { pitch } of opening) expect([...chord]).toContain(pitch % 12);
});

test.each(each)("%s: who plays, and how loudly, is as before the end", (_, { first, second }) => {
  const { parts } = first.score;
  const loudness = (score: Score, bars: readonly number[]) => {
    const notes = bars.flatMap((bar) => inBar(score, bar));
    const accompanying = notes.filter(({ part }) => parts[part]!.role !== "melody");
    return {
      who: [...new Set(accompanying.map(({ part }) => part))].sort(),
      velocity: mean(accompanying.map(({ velocity }) => velocity)),
      count: accompanying.length,
    };
  };
  const end = barsOf(first.score);
  const before = loudness(first.score, [end - 2, end - 1]);
  const after = loudness(second.score, [0, 1]);
  expect(after.who).toEqual(before.who);
  expect(Math.abs(after.velocity - before.velocity)).toBeLessThan(10);
  expect(after.count / before.count).toBeGreaterThan(0.4);
  expect(after.count / before.count).toBeLessThan(2.5);
});

it("has the motifs of the first piece, far more than another piece of the style has", () => {
  const own = mean(pairs.map(({ first, second }) => known(second.score, first.score)));
  const strange = mean(pairs.map(({ key, first }) => known(original(key, 6).score, first.score)));
  expect(own).toBeGreaterThan(0.5);
  expect(own - strange).toBeGreaterThan(0.25);
});

test.each(each)("%s develops: few bars are ones that were heard", (_, { first, second }) => {
  const skeleton = (score: Score, bar: number) =>
    inBar(score, bar)
      .map(({ part, step, pitch }) => `${step} ${part} ${pitch}`)
      .sort()
      .join();
  const bars = (score: Score) =>
    Array.from({ length: barsOf(score) }, (_, bar) => skeleton(score, bar));
  const heard = new Set(bars(first.score));
  const again = bars(second.score).filter((bar) => heard.has(bar));
  expect(again.length / barsOf(second.score)).toBeLessThan(0.3);
});

describe("what is handed over", () => {
  const { score, handover } = original("jazz");

  it("is JSON that can be stored, of a few kilobytes, and gives the same continuation", () => {
    const stored = JSON.stringify(handover);
    expect(stored.length).toBeLessThan(8_000);
    const back = readHandover(JSON.parse(stored))!;
    expect(continuing(back).score).toEqual(continuing(handover).score);
  });

  it("is refused when it is none, or of a version to come", () => {
    for (const value of [null, 1, "x", {}, [], { ...handover, format: 2 }]) {
      expect(readHandover(value)).toBeNull();
    }
    expect(readHandover({ ...handover, style: null })).toBeNull();
  });

  it("goes on along a chain, each piece new", () => {
    const second = continuing(handover, 1);
    const third = continuing(second.handover, 1);
    expect(second.score.title).toBe(`${score.title}, Part 2`);
    expect(third.score.title).toBe(`${score.title}, Part 3`);
    expect(third.score.parts).toEqual(score.parts);
    expect(third.score.notes).not.toEqual(second.score.notes);
    expect(known(third.score, score)).toBeGreaterThan(0.3);
    expect(third.handover.heard.chorus).toBeGreaterThan(second.handover.heard.chorus!);
  });

  it("lets the new words change the energy after the join, and nothing else", () => {
    const calm = continuing(handover, 1, 70, "low energy, in C major at 200 bpm with a sitar");
    const wild = continuing(handover, 1, 70, "high energy");
    expect(calm.score.key).toEqual(score.key);
    expect(calm.score.tempo).toBeCloseTo(score.tempo, 6);
    expect(calm.score.parts).toEqual(score.parts);
    const energies = ({ score: { sections } }: Piece) => sections.map(({ energy }) => energy);
    expect(energies(calm)[0]).toBe(energies(wild)[0]);
    expect(mean(energies(calm))).toBeLessThan(mean(energies(wild)) - 0.15);
  });

  it.each([1, 3, 9, 25, 600])("can be continued for %d seconds", (seconds) => {
    const piece = continuing(handover, 3, seconds);
    expect(piece.score.notes.length).toBeGreaterThan(0);
    expect(piece.score.chunkEnds.at(-1)).toBe(seconds);
    expect(continuing(piece.handover, 4, seconds).score.notes.length).toBeGreaterThan(0);
  });
});
