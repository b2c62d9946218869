/** Chunks that others play: the piece is the same to the last byte, whoever plays what. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Control, Stopped, unstoppable } from "../../src/studio/control.ts";
import { boardMemory, ChunkBoard } from "../../src/studio/production/chunk-board.ts";
import { assist, type PieceRequest, produce } from "../../src/studio/production/produce.ts";
import { loadSoundBank, type SoundBank } from "../../src/studio/render/sound-bank.ts";

let root: string;
let bank: SoundBank;
let alone: Buffer;
const request: PieceRequest = {
  prompt: "orchestral cinematic, 120 bpm",
  styleTags: [],
  durationSeconds: 44,
  seed: 5,
  title: null,
};

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), "studio-help-"));
  bank = await loadSoundBank();
  alone = (await run(folderFor(), boardMemory())).bytes;
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

function folderFor(): string {
  return mkdtempSync(join(root, "run-"));
}

async function run(folder: string, board: SharedArrayBuffer) {
  let total = 0;
  const result = await produce({
    ...{ bank, request, folder, board, resume: null, control: unstoppable },
    onProgress: ({ chunks }) => {
      total = chunks.total;
    },
  });
  if (result.kind !== "finished") throw new Error("stopped");
  return { bytes: readFileSync(result.path), total, left: readdirSync(folder) };
}

/** Stops at the `count`th time that `place` is come to. */
function stopAt(place: string, count: number): Control {
  let seen = 0;
  return {
    checkpoint: (at) => {
      if (at === place && ++seen === count) throw new Stopped(at);
    },
  };
}

function dryFiles(folder: string): string[] {
  return readdirSync(folder).filter((name) => name.startsWith("dry-"));
}

it("takes chunks that a helper has played, and leaves no file of them", async () => {
  const folder = folderFor();
  const memory = boardMemory();
  new ChunkBoard(memory, 0).moveTo(0);
  assist({ bank, request, folder, board: memory, helper: 1, control: stopAt("helping", 4) });
  expect(dryFiles(folder)).toEqual(["dry-0001.f32", "dry-0002.f32", "dry-0003.f32"]);
  const { bytes, total, left } = await run(folder, memory);
  expect(total).toBeGreaterThan(3);
  expect(bytes.equals(alone)).toBe(true);
  expect(left).toEqual(["master.mp3"]);
});

it("plays itself what a helper was stopped in", async () => {
  const folder = folderFor();
  const memory = boardMemory();
  new ChunkBoard(memory, 0).moveTo(0);
  assist({ bank, request, folder, board: memory, helper: 1, control: stopAt("synthesis", 500) });
  const { bytes } = await run(folder, memory);
  expect(bytes.equals(alone)).toBe(true);
});

it("plays later chunks rather than wait, and what a dead helper had once it is given back", async () => {
  const folder = folderFor();
  const memory = boardMemory();
  const dead = new ChunkBoard(memory, 1);
  expect(dead.claim(1)).toBe(true);
  let isAhead = false;
  const control: Control = {
    checkpoint: (place) => {
      if (place !== "waiting for a chunk") return;
      isAhead ||= dryFiles(folder).includes("dry-0002.f32");
      if (dryFiles(folder).length === 3) dead.releaseAll();
    },
  };
  const result = await produce({
    ...{ bank, request, folder, board: memory, resume: null, control },
    onProgress: () => undefined,
  });
  if (result.kind !== "finished") throw new Error("stopped");
  expect(isAhead).toBe(true);
  expect(readFileSync(result.path).equals(alone)).toBe(true);
});

it("gives each chunk to one only", () => {
  const memory = boardMemory();
  const [run, first, second] = [0, 1, 2].map((worker) => new ChunkBoard(memory, worker));
  expect(first!.claimAhead(9)).toBeNull();
  run!.moveTo(0);
  expect([first, second, first].map((board) => board!.claimAhead(9))).toEqual([1, 2, 3]);
  expect(second!.claimAhead(9)).toBeNull();
  expect(run!.claim(1)).toBe(false);
  first!.releaseAll();
  expect(run!.claim(1)).toBe(true);
  expect(run!.claim(2)).toBe(false);
  expect(second!.isGivenOut(4)).toBe(false);
});
