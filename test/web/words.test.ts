/** The sentences of the page. */
import { describe, expect, it } from "vitest";
import {
  agoText,
  clockText,
  engineFacts,
  estimateText,
  ordinal,
  placeText,
  roughly,
  titleOf,
  understoodAs,
  waitText,
} from "../../web/src/studio/words.ts";
import { engineOf, jobOf } from "./fixtures.ts";

const now = Date.parse("2026-01-02T03:00:00Z");
const after = (seconds: number) => new Date(now + seconds * 1000).toISOString();
const estimate = (likely: number, most: number) => ({ p50: after(likely), p90: after(most) });
const noQueue = {
  position: null,
  wait_reason: null,
  estimated_start: null,
  estimated_end: null,
};

it.each([
  [0, "0:00"],
  [59.6, "1:00"],
  [125, "2:05"],
  [3_725, "1:02:05"],
])("%d s on a clock is %s", (seconds, text) => expect(clockText(seconds)).toBe(text));

it.each([
  [-5_000, "a moment"],
  [1_499, "a moment"],
  [7_400, "about 7 s"],
  [9_900, "about 10 s"],
  [33_000, "about 35 s"],
  [57_400, "about 55 s"],
  [58_000, "about 1 min"],
  [1_200_000, "about 20 min"],
  [3_590_000, "about 1 h"],
  [5_400_000, "about 1.5 h"],
])("%d ms is roughly %s", (milliseconds, text) => expect(roughly(milliseconds)).toBe(text));

it.each([
  [1, "1st"],
  [2, "2nd"],
  [3, "3rd"],
  [11, "11th"],
  [22, "22nd"],
  [113, "113th"],
])("place %d is the %s", (n, text) => expect(ordinal(n)).toBe(text));

it("says how long ago, and the day when that says more", () => {
  expect(agoText(after(-20), now)).toBe("just now");
  expect(agoText(after(-150), now)).toBe("2 min ago");
  expect(agoText(after(-7_300), now)).toBe("2 h ago");
  expect(agoText(after(-90_000), now)).toMatch(/2026/);
});

describe("a job that waits", () => {
  const waiting = (queue: object) => jobOf({ queue: { ...noQueue, ...queue } });

  it("has a place and a reason", () => {
    expect(placeText(waiting({ position: 1 }))).toBe("Next in line");
    expect(placeText(waiting({ position: 3 }))).toBe("3rd in line");
    expect(waitText(waiting({ wait_reason: "no_worker" }))).toMatch(/No worker/);
    expect(waitText(waiting({ wait_reason: "a_new_one" }))).toBeNull();
  });

  it("has an estimate when the service has one", () => {
    expect(estimateText(waiting({}), now)).toBeNull();
    const known = { estimated_start: estimate(8, 20), estimated_end: estimate(32, 60) };
    expect(estimateText(waiting(known), now)).toBe("Starts in about 8 s, done in about 30 s");
  });
});

describe("a job that runs", () => {
  const running = (likely: number, most: number) =>
    jobOf({ status: "running", queue: { ...noQueue, estimated_end: estimate(likely, most) } });

  it("says how long it may still take, and what when that has passed", () => {
    expect(estimateText(running(22, 40), now)).toBe("About 20 s left");
    expect(estimateText(running(-1, 9), now)).toBe("Almost done; at most about 9 s");
    expect(estimateText(running(-5, -1), now)).toBe("Any moment now");
    expect(placeText(running(22, 40))).toBeNull();
  });

  it("says nothing once it has ended", () => {
    expect(estimateText({ ...running(22, 40), status: "succeeded" }, now)).toBeNull();
  });
});

it("says what was understood, as musicians write it", () => {
  const nothing = {
    style: null,
    style_name: null,
    mood: null,
    energy: null,
    era: null,
    tempo: null,
    tonic: null,
    mode: null,
    metre: null,
    instruments: [],
    sections: [],
  };
  expect(understoodAs(null)).toEqual([]);
  expect(understoodAs(nothing)).toEqual([]);
  const known = { style_name: "Lo-fi", mood: "warm", tempo: 77.6, tonic: "Bb", mode: "minor" };
  expect(understoodAs({ ...nothing, ...known, metre: "3/4" })).toEqual([
    "Lo-fi",
    "Warm",
    "78 bpm",
    "B♭ minor",
    "3/4",
  ]);
});

it("calls a track by its title, else by the first words of the prompt", () => {
  expect(titleOf(jobOf({ title: "Asked for" }))).toBe("Asked for");
  expect(titleOf(jobOf({ prompt: "calm\n  piano" }))).toBe("Calm piano");
  const long = titleOf(jobOf({ prompt: "word ".repeat(40) }));
  expect(long).toMatch(/^Word( word)+…$/);
  expect(long.length).toBeLessThanOrEqual(61);
});

it("tells what an engine can do, without overstating its licence", () => {
  const facts = engineFacts(engineOf({ supports_stems: true, supported_languages: ["de", "ja"] }));
  expect(facts).toEqual([
    "up to 10 min",
    "instrumental",
    "stems",
    "German, Japanese",
    "terms of use unclear",
  ]);
});
