/** Music to work by: even, and in segments that can be played one by one while the rest is made. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { compose } from "../../src/studio/compose/compose.ts";
import { type Control, Stopped, unstoppable } from "../../src/studio/control.ts";
import type { Stereo } from "../../src/studio/dsp/state.ts";
import { LoudnessMeter } from "../../src/studio/master/loudness.ts";
import {
  type PieceProgress,
  type PieceRequest,
  type ProductionResult,
  produce,
} from "../../src/studio/production/produce.ts";
import type { Segment, SegmentBounds } from "../../src/studio/production/segments.ts";
import { interpret } from "../../src/studio/prompt/interpret.ts";
import { loadSoundBank, type SoundBank } from "../../src/studio/render/sound-bank.ts";
import type { Score } from "../../src/studio/score.ts";
import { styles } from "../../src/studio/styles.ts";
import { decode, loudness, truePeakDb } from "./decode.ts";

function scoreOf(genre: string, durationSeconds: number, seed = 3): Score {
  const interpretation = interpret({ prompt: "", styleTags: [], fields: { genre } }, seed);
  return compose({ interpretation, durationSeconds, seed, title: null, mode: "focus" });
}

function spread(values: readonly number[]): number {
  return Math.max(...values) - Math.min(...values);
}

describe.each(styles.map(({ key }) => key))("%s, composed for ten minutes", (genre) => {
  const score = scoreOf(genre, 600);
  const perSection = score.sections.map(({ firstBar, bars }) => {
    const from = firstBar * score.barSeconds - 0.03;
    const to = from + bars * score.barSeconds;
    const notes = score.notes.filter(({ start }) => start >= from && start < to);
    return { bars, notes, parts: new Set(notes.map(({ part }) => part)) };
  });

  it("has segments of about half a minute, on bar lines", () => {
    const lengths = score.segmentEnds.map((end, i) => end - (score.segmentEnds[i - 1] ?? 0));
    expect(score.segmentEnds.at(-1)).toBe(600);
    for (const length of lengths) {
      expect(length).toBeGreaterThan(14);
      expect(length).toBeLessThan(62);
    }
    for (const end of score.segmentEnds.slice(0, -1)) {
      const bars = (end + 0.03) / score.barSeconds;
      expect(Math.abs(bars - Math.round(bars))).toBeLessThan(1e-6);
    }
  });

  it("keeps its parts and its density, and yet changes", () => {
    const density = perSection.map(({ notes, bars }) => notes.length / bars);
    const usual = density.reduce((sum, value) => sum + value, 0) / density.length;
    for (const value of density) expect(Math.abs(value / usual - 1)).toBeLessThan(0.4);
    const always = perSection[0]!.parts;
    for (const { parts } of perSection) expect(parts).toEqual(always);
    const texts = perSection.map(({ notes }) => notes.map(({ pitch }) => pitch).join());
    expect(new Set(texts).size).toBe(texts.length);
  });
});

interface Run {
  readonly result: Extract<ProductionResult, { kind: "finished" }>;
  readonly segments: readonly Segment[];
  /** Chunks that were rendered when each segment came. */
  readonly cameAfter: readonly number[];
  readonly planned: readonly SegmentBounds[];
  readonly totalChunks: number;
}

let root: string;
let bank: SoundBank;
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), "studio-focus-"));
  bank = await loadSoundBank();
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

function request(prompt: string, durationSeconds: number, format: "mp3" | "wav"): PieceRequest {
  const base = { prompt, styleTags: [], durationSeconds, seed: 4, title: "Desk" };
  return { ...base, mode: "focus", outputs: { format } };
}

async function attempt(
  asked: PieceRequest,
  control: Control = unstoppable,
  resume: { folder: string; chunks: number } | null = null,
) {
  const folder = mkdtempSync(join(root, "run-"));
  const segments: Segment[] = [];
  const cameAfter: number[] = [];
  let latest: PieceProgress | null = null;
  let planned: readonly SegmentBounds[] = [];
  const result = await produce({
    ...{ bank, request: asked, folder, resume, control },
    onProgress: (progress) => {
      latest = progress;
      if (planned.length === 0) planned = progress.segments;
    },
    onSegment: (segment) => {
      segments.push(segment);
      cameAfter.push(latest!.chunks.done);
    },
  });
  return { result, folder, segments, cameAfter, planned, totalChunks: latest!.chunks.total };
}

async function made(asked: PieceRequest): Promise<Run> {
  const { result, ...rest } = await attempt(asked);
  if (result.kind !== "finished") throw new Error("stopped");
  return { ...rest, result };
}

function joined(pieces: readonly Stereo[]): Stereo {
  const side = (of: (piece: Stereo) => Float32Array) => {
    const all = new Float32Array(pieces.reduce((sum, piece) => sum + of(piece).length, 0));
    let at = 0;
    for (const piece of pieces) {
      all.set(of(piece), at);
      at += of(piece).length;
    }
    return all;
  };
  return { left: side(({ left }) => left), right: side(({ right }) => right) };
}

/** The bytes of a WAV file's data chunk. */
function samplesOf(path: string): Buffer {
  const bytes = readFileSync(path);
  const at = bytes.indexOf("data", 12, "latin1");
  return bytes.subarray(at + 8, at + 8 + bytes.readUInt32LE(at + 4));
}

/** Short-term loudness (3 s) at each second, up to `end` seconds. */
function shortTerm({ left, right }: Stereo, end: number): number[] {
  const values: number[] = [];
  for (let second = 0; second + 3 <= end; second++) {
    const [from, to] = [second * 44_100, (second + 3) * 44_100];
    const meter = new LoudnessMeter();
    meter.push({ left: left.subarray(from, to), right: right.subarray(from, to) });
    values.push(meter.integrated());
  }
  return values;
}

describe("segments", () => {
  let wav: Run;
  let mp3: Run;
  beforeAll(async () => {
    wav = await made(request("lofi", 80, "wav"));
    mp3 = await made(request("lofi", 80, "mp3"));
  }, 120_000);

  it("are known beforehand, cover the piece, and come in order while the rest is made", () => {
    expect(wav.segments.length).toBeGreaterThan(2);
    expect(wav.segments.map(({ index, from, to }) => ({ index, from, to }))).toEqual(wav.planned);
    expect(wav.planned[0]!.from).toBe(0);
    expect(wav.planned.at(-1)!.to).toBe(80 * 44_100);
    for (const [i, { from }] of wav.planned.entries()) {
      if (i > 0) expect(from).toBe(wav.planned[i - 1]!.to);
    }
    expect(wav.cameAfter[0]).toBeLessThan(wav.totalChunks - 1);
    expect(wav.cameAfter[1]).toBeLessThan(wav.totalChunks);
    expect(wav.result.delivery.segments).toEqual(wav.segments);
  });

  it("are, one after the other, the master to the last bit", () => {
    const pieces = wav.segments.map(({ path }) => samplesOf(path));
    const whole = samplesOf(wav.result.path);
    expect(whole.length).toBe(80 * 44_100 * 6);
    expect(Buffer.concat(pieces).equals(whole)).toBe(true);
  });

  it("join without a seam as MP3s, each with exactly its own samples", async () => {
    const pieces = await Promise.all(mp3.segments.map(({ path }) => decode(path)));
    for (const [i, { left }] of pieces.entries()) {
      expect(left.length).toBe(mp3.planned[i]!.to - mp3.planned[i]!.from);
    }
    const { left } = joined(pieces);
    const pcm = samplesOf(wav.result.path);
    const truth = left.map((_, i) => pcm.readIntLE(6 * i, 3) / 2 ** 23);
    // What coding changes, right there: no more at the joins than elsewhere.
    const error = (at: number) => {
      let sum = 0;
      for (let i = at - 4; i < at + 4; i++) sum += (left[i]! - truth[i]!) ** 2;
      return Math.sqrt(sum / 8);
    };
    const elsewhere = Array.from({ length: 400 }, (_, i) => error(44_100 + i * 8_000));
    const usual = elsewhere.sort((a, b) => a - b)[Math.floor(elsewhere.length * 0.99)]!;
    for (const { from } of mp3.planned.slice(1)) expect(error(from)).toBeLessThan(usual);
  });

  it("keep their level: no surprises, and loud as everything is", async () => {
    const signal = await decode(mp3.result.path);
    const levels = shortTerm(signal, mp3.result.score.endingAt);
    expect(spread(levels)).toBeLessThan(5);
    expect(Math.abs(loudness(signal) + 14)).toBeLessThan(0.3);
    expect(truePeakDb(signal)).toBeLessThanOrEqual(-1);
    for (const { path } of mp3.segments) {
      expect(Math.abs(loudness(await decode(path)) + 14)).toBeLessThan(1.5);
    }
  });

  it("are made again by a run that goes on, byte by byte", async () => {
    const asked = request("lofi", 80, "mp3");
    let chunks = 0;
    const halfway: Control = {
      checkpoint: (place) => {
        if (place === "chunk written" && ++chunks === 5) throw new Stopped(place);
      },
    };
    const first = await attempt(asked, halfway);
    expect(first.result).toMatchObject({ kind: "stopped", chunks: 5 });
    expect(first.segments.length).toBeGreaterThan(0);
    const second = await attempt(asked, unstoppable, { folder: first.folder, chunks: 5 });
    const bytes = (list: readonly Segment[]) => list.map(({ path }) => readFileSync(path));
    expect(bytes(second.segments)).toEqual(bytes(mp3.segments));
    expect(bytes(first.segments)).toEqual(bytes(mp3.segments).slice(0, first.segments.length));
    if (second.result.kind !== "finished") throw new Error("stopped");
    expect(readFileSync(second.result.path).equals(readFileSync(mp3.result.path))).toBe(true);
  }, 60_000);
});

test.each([1, 4, 20])("%d seconds are one segment, which is the master", async (seconds) => {
  const run = await made(request("techno", seconds, "wav"));
  expect(run.segments).toHaveLength(1);
  expect(samplesOf(run.segments[0]!.path).equals(samplesOf(run.result.path))).toBe(true);
});
