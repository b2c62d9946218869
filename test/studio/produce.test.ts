/** The whole way from prompt to file, heard again through a decoder; stopping, going on, damage. */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { type Control, Stopped, unstoppable } from "../../src/studio/control.ts";
import type { Stereo } from "../../src/studio/dsp/state.ts";
import {
  type PieceProgress,
  type PieceRequest,
  type ProductionResult,
  produce,
} from "../../src/studio/production/produce.ts";
import { loadSoundBank, type SoundBank } from "../../src/studio/render/sound-bank.ts";
import { decode, loudness, truePeakDb } from "./decode.ts";

let root: string;
let bank: SoundBank;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), "studio-test-"));
  bank = await loadSoundBank();
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

function folder(): string {
  return mkdtempSync(join(root, "run-"));
}

function requestFor(prompt: string, durationSeconds: number, seed = 1): PieceRequest {
  return { prompt, styleTags: [], durationSeconds, seed, title: null };
}

interface Options {
  readonly control?: Control;
  readonly resume?: { folder: string; chunks: number };
  readonly onProgress?: (progress: PieceProgress) => void;
}

async function run(request: PieceRequest, options: Options = {}) {
  const own = folder();
  const result = await produce({
    bank,
    request,
    folder: own,
    resume: options.resume ?? null,
    control: options.control ?? unstoppable,
    onProgress: options.onProgress ?? (() => undefined),
  });
  return { result, folder: own };
}

function finished(result: ProductionResult): Extract<ProductionResult, { kind: "finished" }> {
  if (result.kind !== "finished") throw new Error(`stopped in ${result.phase}`);
  return result;
}

async function heard(request: PieceRequest): Promise<Stereo> {
  return await decode(finished((await run(request)).result).path);
}

/** RMS of each tenth of a second, in dB of full scale. */
function levels({ left, right }: Stereo): number[] {
  return Array.from({ length: Math.floor(left.length / 4410) }, (_, index) => {
    let sum = 1e-12;
    for (let i = index * 4410; i < (index + 1) * 4410; i++) sum += left[i]! ** 2 + right[i]! ** 2;
    return 10 * Math.log10(sum / 8820);
  });
}

describe("a finished piece", () => {
  test.each([
    ["ambient", 1, 1],
    ["house", 1, 0.5],
    ["solo piano", 2, 0.3],
    ["🦊 ✨ 日本語", 5, 0.3],
    ["jazz at 131 bpm in Eb", 10, 0.3],
    ["epic cinematic", 17, 0.3],
    ["lofi", 30, 0.3],
    ["synthwave", 13, 0.3],
    ["folk", 7, 0.3],
  ])("%s, %d s: length, loudness and true peak as promised", async (prompt, seconds, tolerance) => {
    const signal = await heard(requestFor(prompt, seconds));
    expect(signal.left.length).toBe(seconds * 44_100);
    expect(Math.abs(loudness(signal) + 14)).toBeLessThan(tolerance);
    expect(truePeakDb(signal)).toBeLessThanOrEqual(-1);
  });

  it("sounds all the way, without offset, and dies away at its end", async () => {
    const signal = await heard(requestFor("acoustic folk", 20, 4));
    const level = levels(signal);
    const mean = signal.left.reduce((sum, value) => sum + value, 0) / signal.left.length;
    expect(Math.abs(mean)).toBeLessThan(1e-3);
    for (const db of level.slice(1, -20)) expect(db).toBeGreaterThan(-45);
    expect(level.at(-1)).toBeLessThan(-40);
    expect(Math.abs(signal.left.at(-1)!)).toBeLessThan(1e-3);
  });

  it("has no step where one chunk meets the next", async () => {
    const { result } = await run(requestFor("ambient", 40, 2));
    const { path, score } = finished(result);
    const { left } = await decode(path);
    const roughness = (at: number) => {
      let most = 0;
      for (let i = at - 220; i < at + 220; i++) {
        most = Math.max(most, Math.abs(left[i + 1]! - 2 * left[i]! + left[i - 1]!));
      }
      return most;
    };
    const everywhere = Array.from({ length: 700 }, (_, i) => roughness(1000 + i * 2200));
    const usual = everywhere.sort((a, b) => a - b)[Math.floor(everywhere.length * 0.99)]!;
    expect(score.chunkEnds.length).toBeGreaterThan(2);
    for (const end of score.chunkEnds.slice(0, -1)) {
      expect(roughness(Math.round(end * 44_100))).toBeLessThan(usual * 2);
    }
  });

  it("is the same, byte by byte, for the same request, and another for another seed", async () => {
    const bytes = async (seed: number) =>
      readFileSync(finished((await run(requestFor("lofi", 6, seed))).result).path);
    const first = await bytes(7);
    expect((await bytes(7)).equals(first)).toBe(true);
    expect((await bytes(8)).equals(first)).toBe(false);
  });

  it("carries title, tempo and key, and leaves nothing else in the folder", async () => {
    const request = { ...requestFor("house in F minor, 126 bpm", 3), title: "Zwölf – 十二" };
    const { result, folder: own } = await run(request);
    const text = readFileSync(finished(result).path).toString("utf8", 0, 400);
    expect(readdirSync(own)).toEqual(["master.mp3"]);
    expect(text).toContain("TIT2");
    expect(text).toContain("Zwölf – 十二");
    expect(text).toMatch(/TBPM.{6,8}126/s);
    expect(text).toMatch(/TKEY.{6,8}Fm/s);
  });
});

describe("stopping and going on", () => {
  const request = requestFor("cinematic, 120 bpm", 24, 3);
  let whole: Buffer;
  /** A run that was stopped after two chunks; copied before each use. */
  let stoppedFolder: string;

  /** Stops at the first checkpoint after `chunks` chunks. */
  async function stopAfter(chunks: number) {
    let done = 0;
    return await run(request, {
      onProgress: (progress) => {
        done = progress.chunks.done;
      },
      control: {
        checkpoint: (place) => {
          if (done >= chunks) throw new Stopped(place);
        },
      },
    });
  }

  beforeAll(async () => {
    whole = readFileSync(finished((await run(request)).result).path);
    const stopped = await stopAfter(2);
    expect(stopped.result).toMatchObject({ kind: "stopped", phase: "render", chunks: 2 });
    stoppedFolder = stopped.folder;
  });

  /** Goes on in a copy of the stopped run that `spoil` has been at; tells with how many chunks. */
  async function goOn(spoil: (folder: string) => void, changed = request) {
    const old = folder();
    cpSync(stoppedFolder, old, { recursive: true });
    spoil(old);
    let begun: number | null = null;
    const { result } = await run(changed, {
      resume: { folder: old, chunks: 2 },
      onProgress: ({ phase, chunks }) => {
        if (phase === "render") begun ??= chunks.done;
      },
    });
    return { begun, bytes: readFileSync(finished(result).path) };
  }

  it("goes on from the last chunk to the identical file", async () => {
    const { begun, bytes } = await goOn(() => undefined);
    expect(begun).toBe(2);
    expect(bytes.equals(whole)).toBe(true);
  });

  const flip = (name: string) => (folder: string) => {
    const bytes = readFileSync(join(folder, name));
    bytes[bytes.length >> 1]! ^= 0x10;
    rmSync(join(folder, name));
    writeFileSync(join(folder, name), bytes);
  };
  test.each<[string, (folder: string) => void]>([
    ["a damaged chunk", flip("premaster-0001.f32")],
    ["a missing chunk", (folder) => rmSync(join(folder, "premaster-0000.f32"))],
    ["a damaged state", flip("state-0002.bin")],
    ["a cut state", (folder) => writeFileSync(join(folder, "state-0002.bin"), "{")],
    ["an empty state", (folder) => writeFileSync(join(folder, "state-0002.bin"), "")],
    ["a folder that is gone", (folder) => rmSync(folder, { recursive: true })],
  ])("starts over after %s, to the identical file", async (_, spoil) => {
    const { begun, bytes } = await goOn(spoil);
    expect(begun).toBe(0);
    expect(bytes.equals(whole)).toBe(true);
  });

  it("does not take up another request's work", async () => {
    const { begun } = await goOn(() => undefined, { ...request, seed: 99 });
    expect(begun).toBe(0);
  });

  it("comes to a checkpoint often in every phase, and can be stopped in each", async () => {
    const longest = new Map<string, number>();
    let phase = "compose";
    // Work is what counts, not time in which the machine did something else.
    const worked = () => process.threadCpuUsage().user / 1000;
    let last = worked();
    await run(request, {
      onProgress: (progress) => {
        phase = progress.phase;
      },
      control: {
        checkpoint: () => {
          const now = worked();
          longest.set(phase, Math.max(longest.get(phase) ?? 0, now - last));
          last = now;
        },
      },
    });
    expect([...longest.keys()]).toEqual(["compose", "render", "master", "encode"]);
    for (const gap of longest.values()) expect(gap).toBeLessThan(250);
    for (const stopIn of longest.keys()) {
      let current = "";
      const { result } = await run(requestFor("house", 4), {
        onProgress: (progress) => {
          current = progress.phase;
        },
        control: {
          checkpoint: (place) => {
            if (current === stopIn) throw new Stopped(place);
          },
        },
      });
      expect(result).toMatchObject({ kind: "stopped", phase: stopIn });
    }
  });
});
