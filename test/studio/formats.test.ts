/** FLAC, WAV, MIDI and waveforms, read again by other programs' code; stems that add up to the mix. */
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FLACDecoder } from "@wasm-audio-decoders/flac";
import { BasicMIDI } from "spessasynth_core";
import { describe, expect, it, test } from "vitest";
import { compose } from "../../src/studio/compose/compose.ts";
import { unstoppable } from "../../src/studio/control.ts";
import { type Stereo, slice, stereo } from "../../src/studio/dsp/state.ts";
import { type FormatName, formats } from "../../src/studio/formats/format.ts";
import { midiFile } from "../../src/studio/formats/midi.ts";
import { PeakCollector } from "../../src/studio/formats/peaks.ts";
import type { Tags } from "../../src/studio/formats/tags.ts";
import { produce } from "../../src/studio/production/produce.ts";
import { interpret } from "../../src/studio/prompt/interpret.ts";
import { Mixer } from "../../src/studio/render/mixer.ts";
import { loadSoundBank } from "../../src/studio/render/sound-bank.ts";
import { stemNames } from "../../src/studio/render/stems.ts";
import { blockFrames, synthesize } from "../../src/studio/render/synthesize.ts";
import type { Score } from "../../src/studio/score.ts";
import { sine } from "./decode.ts";

const tags: Tags = { title: "Zwölf – 十二", tempo: 126.4, key: "F#m", genre: "House", seconds: 1 };

async function encoded(format: FormatName, signal: Stereo): Promise<Buffer> {
  const encoder = await formats[format].create(tags);
  const pieces: Buffer[] = [];
  for (let at = 0; at < signal.left.length; at += 5000) {
    const block = slice(signal, at, Math.min(signal.left.length, at + 5000));
    pieces.push(Buffer.from(encoder.encode(block)));
  }
  pieces.push(Buffer.from(encoder.finish()));
  const head = Buffer.from(encoder.head());
  expect(head.length).toBe(encoder.headLength);
  expect(encoder.frames).toBe(signal.left.length);
  encoder.close();
  return Buffer.concat([head, ...pieces]);
}

/** A tone, louder on the right than full scale for a while. */
function signalOf(seconds: number): Stereo {
  const signal = sine(440, -6, seconds, 0.1);
  signal.right.set(sine(330, 1, seconds).left);
  return signal;
}

/** Left and right in turn as 24-bit numbers, clipped; `scale` is what 1 stands for. */
function whole({ left, right }: Stereo, scale = 2 ** 23): Int32Array {
  const round = (v: number) => Math.max(-(2 ** 23), Math.min(2 ** 23 - 1, Math.round(v * scale)));
  return Int32Array.from({ length: 2 * left.length }, (_, i) =>
    round((i % 2 === 0 ? left : right)[i >> 1]!),
  );
}

/** Where two lists of samples first differ; −1 when they are the same. */
function difference(a: Int32Array, b: Int32Array): number {
  return a.length === b.length ? a.findIndex((value, i) => value !== b[i]) : 0;
}

async function decodeFlac(file: Uint8Array): Promise<Stereo> {
  const decoder = new FLACDecoder();
  await decoder.ready;
  const { channelData, errors, sampleRate, bitDepth } = await decoder.decodeFile(file);
  const [left, right] = channelData.map((channel) => channel.slice());
  decoder.free();
  expect({ errors, sampleRate, bitDepth }).toEqual({
    errors: [],
    sampleRate: 44_100,
    bitDepth: 24,
  });
  return { left: left!, right: right! };
}

describe("FLAC", () => {
  test.each([1, 4095, 4096, 44_101])("%d frames come back bit by bit", async (frames) => {
    const signal = slice(signalOf(2), 0, frames);
    const decoded = await decodeFlac(await encoded("flac", signal));
    expect(decoded.left.length).toBe(frames);
    // This decoder divides by the largest number.
    expect(difference(whole(decoded, 2 ** 23 - 1), whole(signal))).toBe(-1);
  });

  it("tells length, checksum and tags", async () => {
    const signal = signalOf(1);
    const file = await encoded("flac", signal);
    expect(file.toString("latin1", 0, 4)).toBe("fLaC");
    expect(file.readBigUInt64BE(18) & 0xf_ffff_ffffn).toBe(44_100n);
    const pcm = Buffer.alloc(44_100 * 6);
    for (const [i, sample] of whole(signal).entries()) pcm.writeIntLE(sample, i * 3, 3);
    expect(file.toString("hex", 26, 42)).toBe(createHash("md5").update(pcm).digest("hex"));
    const comments = file.toString("utf8", 42, 400);
    expect(comments).toContain("TITLE=Zwölf – 十二");
    expect(comments).toContain("BPM=126");
    expect(comments).toContain("INITIALKEY=F#m");
  });
});

it("WAV has right sizes, a readable header, the tags and every sample", async () => {
  const signal = signalOf(0.5);
  const file = await encoded("wav", signal);
  expect(file.toString("latin1", 0, 4)).toBe("RIFF");
  expect(file.readUInt32LE(4)).toBe(file.length - 8);
  const chunks = new Map<string, Buffer>();
  for (let at = 12; at < file.length; ) {
    const size = file.readUInt32LE(at + 4);
    chunks.set(file.toString("latin1", at, at + 4), file.subarray(at + 8, at + 8 + size));
    at += 8 + size + (size % 2);
  }
  const format = chunks.get("fmt ")!;
  expect(format.readUInt16LE(2)).toBe(2);
  expect(format.readUInt32LE(4)).toBe(44_100);
  expect(format.readUInt16LE(14)).toBe(24);
  expect(format.readUInt16LE(24)).toBe(1); // PCM, as the first field of the GUID
  expect(chunks.get("LIST")!.toString("utf8")).toContain("Zwölf – 十二");
  const data = chunks.get("data")!;
  const samples = Int32Array.from({ length: data.length / 3 }, (_, i) => data.readIntLE(i * 3, 3));
  expect(difference(samples, whole(signal))).toBe(-1);
});

function scoreOf(prompt: string, durationSeconds: number): Score {
  const interpretation = interpret({ prompt, styleTags: [] }, 3);
  return compose({ interpretation, durationSeconds, seed: 3, title: "Prüfung" });
}

test.each([
  ["rock in E minor, 132 bpm", "4/4", 132, 1],
  ["waltz in Eb major, 150 bpm", "3/4", 150, -3],
  ["soul in 6/8, F major, 60 bpm", "6/8", 90, -1],
])("MIDI of %s: every note in its time, tempo, metre, key", (prompt, metre, quarters, sharps) => {
  const score = scoreOf(prompt, 20);
  const midi = BasicMIDI.fromArrayBuffer(new Uint8Array(midiFile(score)).buffer, "a.mid");
  expect(midi.tempoChanges[0]!.tempo).toBeCloseTo(quarters, 1);
  expect(midi.tracks.length).toBe(score.parts.length + 1);
  const metaEvent = (type: number) =>
    midi.tracks[0]!.events.find((event) => event.statusByte === type)!.data;
  const [beats, unit] = metre.split("/").map(Number);
  expect([...metaEvent(0x58)].slice(0, 2)).toEqual([beats, Math.log2(unit!)]);
  expect((metaEvent(0x59)[0]! << 24) >> 24).toBe(sharps);
  const read = midi.tracks.slice(1).flatMap((track, part) =>
    track.events
      .filter((event) => event.statusByte >> 4 === 9 && event.data[1]! > 0)
      .map((event) => ({
        part,
        start: midi.midiTicksToSeconds(event.ticks),
        pitch: event.data[0]!,
        velocity: event.data[1]!,
      })),
  );
  expect(read.length).toBe(score.notes.length);
  const order = (a: { part: number; start: number; pitch: number }, b: typeof a) =>
    a.part - b.part || a.pitch - b.pitch || a.start - b.start;
  const written = [...score.notes].sort(order);
  read.sort(order).forEach((note, index) => {
    const { part, pitch, velocity, start } = written[index]!;
    expect({ ...note, start: 0 }).toEqual({ part, pitch, velocity, start: 0 });
    expect(Math.abs(note.start - start)).toBeLessThan(0.002);
  });
});

it("peaks hold the lowest and highest sample of each stretch, over both channels", () => {
  const signal = stereo(12_000);
  signal.left[5] = 0.5;
  signal.right[7] = -1;
  signal.right[11_999] = 0.25;
  const collector = new PeakCollector(12_000);
  collector.push(slice(signal, 0, 7777));
  collector.push(slice(signal, 7777, 12_000));
  const { length, samples_per_pixel: stretch, data } = collector.waveform();
  expect(length * stretch).toBe(12_000);
  expect(data.length).toBe(2 * length);
  expect(data.slice(0, 4)).toEqual([-127, 64, 0, 0]);
  expect(data.at(-1)).toBe(32);
});

describe("stems", () => {
  it.each(["lofi", "techno", "soul"])("of %s add up to the mix to −120 dB", async (style) => {
    const bank = await loadSoundBank();
    const score = scoreOf(style, 30);
    const mixer = new Mixer(score, true);
    let [most, least] = [0, Number.POSITIVE_INFINITY];
    const energies = stemNames.map(() => 0);
    const chorus = score.sections.find(({ kind }) => kind === "chorus")!;
    const from = Math.round(chorus.firstBar * score.barSeconds * 44_100);
    const to = from + 4 * 44_100;
    for (const { at, parts } of synthesize(bank, score, from, to, unstoppable)) {
      if (from + at >= to) break;
      const out = stereo(blockFrames);
      const stems = stemNames.map(() => stereo(blockFrames));
      mixer.process(parts, from + at, out, stems);
      for (let i = 0; i < blockFrames; i++) {
        const sum = stems.reduce((total, stem) => total + stem.left[i]!, 0);
        most = Math.max(most, Math.abs(sum - out.left[i]!));
        least = Math.min(least, -Math.abs(out.left[i]!));
      }
      stems.forEach((stem, index) => {
        energies[index]! += stem.left.reduce((total, value) => total + value * value, 0);
      });
    }
    expect(-least).toBeGreaterThan(0.02);
    expect(most).toBeLessThan(1e-6);
    expect(energies.filter((energy) => energy > 1e-3).length).toBeGreaterThanOrEqual(3);
  });

  it("come as files beside master, score and waveform, and do not change the master", async () => {
    const bank = await loadSoundBank();
    const root = mkdtempSync(join(tmpdir(), "studio-formats-"));
    const run = async (stems: boolean) => {
      const folder = mkdtempSync(join(root, "run-"));
      const request = {
        prompt: "folk in C major",
        styleTags: [],
        durationSeconds: 4,
        seed: 9,
        title: null,
        outputs: { format: "flac", stems, midi: stems, peaks: stems },
      } as const;
      const result = await produce({
        bank,
        request,
        folder,
        resume: null,
        control: unstoppable,
        onProgress: () => undefined,
      });
      if (result.kind !== "finished") throw new Error("stopped");
      return { folder, result };
    };
    try {
      const plain = await run(false);
      const full = await run(true);
      expect(readdirSync(plain.folder)).toEqual(["master.flac"]);
      expect(readdirSync(full.folder).sort()).toEqual(
        [
          "master.flac",
          "peaks.json",
          "score.mid",
          ...stemNames.map((name) => `stem-${name}.flac`),
        ].sort(),
      );
      const master = readFileSync(full.result.path);
      expect(master.equals(readFileSync(plain.result.path))).toBe(true);
      const { stems, mimeType } = full.result.delivery;
      expect(mimeType).toBe("audio/flac");
      for (const name of stemNames) {
        const stem = await decodeFlac(readFileSync(stems![name]));
        expect(stem.left.length).toBe(4 * 44_100);
      }
      expect(full.result.interpretation.key).toEqual({ value: "C major", source: "prompt" });
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  });
});
