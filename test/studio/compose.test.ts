/** What every score has, whatever the prompt and the length; and what makes it music rather than a loop. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compose } from "../../src/studio/compose/compose.ts";
import { readProgression, scaleOf } from "../../src/studio/compose/theory.ts";
import { voice } from "../../src/studio/compose/voicing.ts";
import { Stopped } from "../../src/studio/control.ts";
import { fitFigure, metreOf } from "../../src/studio/metre.ts";
import { interpret } from "../../src/studio/prompt/interpret.ts";
import type { NoteEvent, Score } from "../../src/studio/score.ts";
import { styles } from "../../src/studio/styles.ts";

function scoreOf(prompt: string, durationSeconds: number, seed: number): Score {
  return compose({
    interpretation: interpret({ prompt: prompt, styleTags: [] }, seed),
    durationSeconds,
    seed,
    title: null,
  });
}

/** A bar's notes without what a hand changes: part, sixteenth, pitch. */
function skeleton(score: Score, bar: number): string {
  const from = bar * score.barSeconds;
  const { steps } = score.metre;
  const sixteenth = score.barSeconds / steps;
  return score.notes
    .map(({ part, start, pitch }) => ({
      part,
      pitch,
      step: Math.round((start - from) / sixteenth),
    }))
    .filter(({ step }) => step >= 0 && step < steps)
    .map(({ part, pitch, step }) => `${step} ${part} ${pitch}`)
    .sort()
    .join();
}

const anyScore = fc
  .record({
    prompt: fc.oneof(
      fc.constantFrom(
        ...styles.map((style) => style.key),
        "🦊 ✨",
        "slow jazz 60 bpm",
        "fast 220 bpm",
      ),
      fc.string({ unit: "grapheme", maxLength: 60 }),
    ),
    duration: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 600 })),
    seed: fc.nat({ max: 2 ** 32 - 1 }),
  })
  .map(({ prompt, duration, seed }) => scoreOf(prompt, duration, seed));

describe("any prompt, any length", () => {
  it("has notes, all of them within the piece", () => {
    fc.assert(
      fc.property(anyScore, ({ notes, parts, durationSeconds }) => {
        expect(notes.length).toBeGreaterThan(0);
        const isSound = ({ part, start, duration, pitch, velocity }: NoteEvent) =>
          start >= 0 &&
          duration > 0 &&
          start + duration <= durationSeconds + 1e-9 &&
          velocity >= 1 &&
          velocity <= 127 &&
          pitch >= 21 &&
          pitch <= 108 &&
          parts[part] !== undefined;
        expect(notes.filter((note) => !isSound(note))).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  it("has sections that cover the bars up to the last chord, which rings to the end", () => {
    fc.assert(
      fc.property(anyScore, (score) => {
        let bar = 0;
        for (const section of score.sections) {
          expect(section.firstBar).toBe(bar);
          expect(section.bars).toBeGreaterThan(0);
          bar += section.bars;
        }
        expect(bar * score.barSeconds).toBeGreaterThanOrEqual(score.endingAt - 1e-6);
        expect((bar - 1) * score.barSeconds).toBeLessThan(score.endingAt);
        const ring = score.durationSeconds - score.endingAt;
        expect(ring).toBeGreaterThan(Math.min(0.85, score.durationSeconds));
        const last = score.notes.filter((note) => note.start >= score.endingAt - 0.05);
        expect(last.some((n) => n.start + n.duration > score.durationSeconds - 0.01)).toBe(true);
      }),
      { numRuns: 100 },
    );
  });

  it("is rendered in chunks that end, in order, with the piece", () => {
    fc.assert(
      fc.property(anyScore, ({ chunkEnds, durationSeconds }) => {
        expect(chunkEnds.at(-1)).toBe(durationSeconds);
        expect(chunkEnds).toEqual([...new Set(chunkEnds)].sort((a, b) => a - b));
        const lengths = chunkEnds.map((end, i) => end - (chunkEnds[i - 1] ?? 0));
        expect(Math.max(...lengths)).toBeLessThan(45);
      }),
      { numRuns: 100 },
    );
  });
});

describe("a minute of each style", () => {
  it.each(styles.map((style) => style.key))("%s is no loop", (style) => {
    const score = scoreOf(style === "piano" ? "solo piano" : style, 60, 11);
    const bars = Math.round(score.endingAt / score.barSeconds);
    const skeletons = Array.from({ length: bars }, (_, bar) => skeleton(score, bar));
    for (let bar = 1; bar < bars; bar++) expect(skeletons[bar]).not.toBe(skeletons[bar - 1]);
    expect(new Set(skeletons).size).toBeGreaterThan(bars * 0.7);
    expect(new Set(score.sections.map((section) => section.kind)).size).toBeGreaterThanOrEqual(4);
  });

  it.each(styles.map((style) => style.key))(
    "%s is denser in its chorus than its intro",
    (style) => {
      const score = scoreOf(style === "piano" ? "solo piano" : style, 60, 12);
      const density = (kind: string) => {
        const section = score.sections.find((candidate) => candidate.kind === kind)!;
        const from = section.firstBar * score.barSeconds;
        const to = from + section.bars * score.barSeconds;
        return score.notes.filter((n) => n.start >= from && n.start < to).length / section.bars;
      };
      expect(density("chorus")).toBeGreaterThan(density("intro") * 1.15);
    },
  );

  it.each(styles.map((style) => style.key))("%s ends on its tonic", (style) => {
    const score = scoreOf(style === "piano" ? "solo piano" : style, 60, 13);
    const last = score.notes.filter(
      (note) => note.start > score.endingAt - 0.05 && !score.parts[note.part]!.isDrums,
    );
    const lowest = last.reduce((low, note) => (note.pitch < low.pitch ? note : low));
    expect(lowest.pitch % 12).toBe(scaleOf(score.key)[0]);
  });
});

describe("ten minutes", () => {
  const barsOf = (score: Score) =>
    Array.from({ length: Math.floor(score.endingAt / score.barSeconds) }, (_, bar) =>
      skeleton(score, bar),
    );

  it.each(["house", "waltz", "piano", "techno", "soul"])(
    "of %s do not go round in circles",
    (style) => {
      const score = scoreOf(style, 600, 3);
      const bars = barsOf(score);
      expect(new Set(bars).size).toBeGreaterThan(bars.length * 0.6);
      const sections = score.sections.map(({ firstBar, bars: length }) =>
        bars.slice(firstBar, firstBar + length).join("|"),
      );
      expect(new Set(sections).size).toBe(sections.length);
      const energies = score.sections.map(({ energy }) => energy);
      expect(Math.max(...energies) - Math.min(...energies)).toBeGreaterThan(0.2);
    },
  );

  it("have other parts where a kind of section returns", () => {
    const score = scoreOf("disco", 600, 4);
    const playing = score.sections
      .filter(({ kind }) => kind === "chorus")
      .map(({ firstBar, bars }) => {
        const [from, to] = [firstBar, firstBar + bars].map((bar) => bar * score.barSeconds);
        const notes = score.notes.filter(({ start }) => start >= from! + 0.1 && start < to! - 0.1);
        return [...new Set(notes.map(({ part }) => part))].sort().join();
      });
    expect(new Set(playing).size).toBeGreaterThan(2);
  });
});

describe("bass and drums", () => {
  it("take turns in leading from phrase to phrase, and the bass leads by steps to the next root", () => {
    let runs = 0;
    let pickups = 0;
    for (let seed = 1; seed <= 12; seed++) {
      const score = scoreOf("rock, 120 bpm", 180, seed);
      const sixteenth = score.barSeconds / 16;
      const at = (bar: number, role: string) =>
        score.notes
          .filter(({ part }) => score.parts[part]!.role === role)
          .map(({ start, pitch }) => ({
            step: Math.round((start - bar * score.barSeconds) / sixteenth),
            pitch,
          }))
          .filter(({ step }) => step >= 8 && step <= 16);
      for (const { firstBar, bars, energy } of score.sections) {
        if (bars < 8 || energy < 0.62) continue;
        const bar = firstBar + 3;
        const line = at(bar, "bass").filter(({ step }) => step % 2 === 0);
        const moves = line.slice(1).map(({ pitch }, i) => Math.abs(pitch - line[i]!.pitch) % 12);
        const isRun = line.length === 5 && moves.every((move) => [1, 2, 10, 11].includes(move));
        const drums = at(bar, "drums").filter(({ step }) => step >= 12 && step < 16);
        // Its grooves have no toms.
        const isPickup = drums.some(({ pitch }) => [45, 47, 50].includes(pitch));
        expect(isRun && isPickup).toBe(false);
        if (isRun) runs++;
        if (isPickup) pickups++;
      }
    }
    expect(runs).toBeGreaterThan(5);
    expect(pickups).toBeGreaterThan(5);
  });
});

describe("other metres", () => {
  it.each(["3/4", "5/4", "6/8"] as const)("every style is played in %s", (metre) => {
    for (const style of styles) {
      const wording = { prompt: "", styleTags: [], fields: { genre: style.key, metre } };
      const interpretation = interpret(wording, 1);
      const score = compose({ interpretation, durationSeconds: 40, seed: 1, title: null });
      const { beats, beatSteps, steps } = score.metre;
      expect(score.barSeconds).toBeCloseTo((60 / score.tempo) * beats, 9);
      const pitched = score.notes.filter(({ part }) => !score.parts[part]!.isDrums);
      const onOne = pitched.filter(({ start }) => {
        const step = Math.round((start / score.barSeconds) * steps) % steps;
        return step === 0;
      });
      const bars = score.endingAt / score.barSeconds;
      expect(onOne.length, style.key).toBeGreaterThan(bars / 2);
      expect(beats * beatSteps).toBe(steps);
    }
  });

  it("fits figures beat by beat", () => {
    const fitted = (figure: string, from: "4/4" | "3/4", to: "3/4" | "4/4" | "5/4" | "6/8") =>
      fitFigure(figure, metreOf(from), metreOf(to));
    expect(fitted("abcd efgh ijkl mnop", "4/4", "3/4")).toBe("abcdefghmnop");
    expect(fitted("abcd efgh ijkl", "3/4", "4/4")).toBe("abcdefghijklefgh");
    expect(fitted("X.x.X.x.X.x.X.xx", "4/4", "6/8")).toBe("X...x.X...x.X...x.X...xx");
    expect(fitted("x---------------", "4/4", "6/8")).toBe(`x${"-".repeat(23)}`);
    expect(fitted("X...x...y...z...X...x...y...w...", "4/4", "3/4")).toBe(
      "X...x...z...X...x...w...",
    );
  });
});

describe("what was asked for", () => {
  it("keeps a named tempo exactly and bends an open one only a little", () => {
    expect(scoreOf("lofi 90 bpm", 47, 1).tempo).toBeCloseTo(90, 9);
    for (const seconds of [30, 47, 61, 123]) {
      const wish = interpret({ prompt: "lofi", styleTags: [] }, 4).tempo.bpm;
      expect(Math.abs(scoreOf("lofi", seconds, 4).tempo / wish - 1)).toBeLessThan(0.1);
    }
  });

  it("plays in the key that is named", () => {
    const score = scoreOf("folk in E minor", 60, 3);
    const pitched = score.notes.filter((note) => !score.parts[note.part]!.isDrums);
    const inKey = pitched.filter((note) => scaleOf(score.key).includes(note.pitch % 12));
    expect(score.key).toEqual({ tonic: "E", mode: "aeolian" });
    expect(inKey.length / pitched.length).toBeGreaterThan(0.9);
  });

  it("makes the same piece of the same seed and another of another", () => {
    const notes = (seed: number): readonly NoteEvent[] => scoreOf("jazz", 30, seed).notes;
    expect(notes(5)).toEqual(notes(5));
    expect(notes(5)).not.toEqual(notes(6));
  });

  it("brings a motif back, varied", () => {
    const score = scoreOf("folk", 90, 21);
    const rhythm = (bar: number) => {
      const from = bar * score.barSeconds;
      return score.notes
        .filter((note) => score.parts[note.part]!.role === "melody")
        .map((note) => Math.round(((note.start - from) / score.barSeconds) * 16))
        .filter((step) => step >= 0 && step < 16)
        .join();
    };
    const bars = Array.from({ length: Math.floor(score.endingAt / score.barSeconds) }, (_, i) => i);
    const rhythms = bars.map(rhythm).filter((steps) => steps !== "");
    const distinct = new Set(rhythms).size;
    expect(distinct).toBeGreaterThan(3);
    expect(distinct).toBeLessThan(rhythms.length);
  });
});

describe("harmony", () => {
  it("reads degrees, borrowed chords and half bars", () => {
    const key = { tonic: "C", mode: "ionian" } as const;
    const [first, second, third] = readProgression("1 b7M+57 2", key, "sevenths");
    expect(first!.map((chord) => chord.tones)).toEqual([[0, 4, 7, 11]]);
    expect(second!.map((chord) => chord.tones)).toEqual([
      [10, 2, 5, 9],
      [7, 11, 2, 5],
    ]);
    expect(third![0]!.tones).toEqual([2, 5, 9, 0]);
    expect(() => readProgression("8", key, "triads")).toThrow("not a chord");
  });

  it("reads every progression of every style in every mode", () => {
    for (const style of styles) {
      for (const list of Object.values(style.progressions)) {
        for (const text of [...list.verse, ...list.chorus, ...list.bridge, list.cadence]) {
          for (const [mode] of style.modes) {
            const bars = readProgression(text, { tonic: "Eb", mode }, style.chords);
            for (const chord of bars.flat()) expect(new Set(chord.scale).size).toBe(7);
          }
        }
      }
    }
  });

  it("leads voices by small steps", () => {
    const key = { tonic: "C", mode: "ionian" } as const;
    let previous: number[] = [];
    for (const [chord] of readProgression("1 6 4 5 3 6 2 5 1", key, "sevenths")) {
      const notes = voice(chord!, [50, 72], previous);
      expect(notes).toEqual([...notes].sort((a, b) => a - b));
      expect(new Set(notes.map((note) => note % 12))).toEqual(new Set(chord!.tones));
      for (const note of previous.length > 0 ? notes : []) {
        expect(Math.min(...previous.map((old) => Math.abs(old - note)))).toBeLessThanOrEqual(3);
      }
      previous = notes;
    }
  });
});

it("can be stopped before each part that it writes", () => {
  const interpretation = interpret({ prompt: "jazz trio", styleTags: [] }, 1);
  const brief = { interpretation, durationSeconds: 600, seed: 1, title: null };
  const places: string[] = [];
  const score = compose(brief, { checkpoint: (place) => void places.push(place) });
  expect(places).toHaveLength(interpretation.style.parts.length);
  expect(score).toEqual(compose(brief));
  let left = 2;
  const stopping = {
    checkpoint: (place: string) => {
      if (--left === 0) throw new Stopped(place);
    },
  };
  expect(() => compose(brief, stopping)).toThrow(places[1]);
});
