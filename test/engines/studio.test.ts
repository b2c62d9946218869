/** The studio behind the engine port: real threads, real files. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { createStudioEngine } from "../../src/engines/studio.ts";
import { AbortReason } from "../../src/generations/abort.ts";
import {
  type Engine,
  EngineError,
  type EngineProgress,
  type EngineTask,
  type GenerationRequest,
} from "../../src/generations/engine.ts";
import { decode } from "../studio/decode.ts";

let engine: Engine;
let root: string;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), "studio-engine-"));
  engine = createStudioEngine({ threads: 1 });
  await engine.start();
});
afterAll(async () => {
  await engine.stop();
  rmSync(root, { recursive: true, force: true });
});

const request: GenerationRequest = {
  prompt: "lofi, 120 bpm",
  durationSeconds: 20,
  mode: "creation",
  instrumental: false,
  lyrics: null,
  seedTrackId: null,
  styleTags: [],
  title: null,
  outputFormat: "mp3",
  stems: false,
};

function taskFor(changes: Partial<EngineTask> = {}): EngineTask {
  const folder = mkdtempSync(join(root, "job-"));
  return {
    jobId: "mgen_test",
    request,
    seed: 4_294_967_295,
    workspace: async () => folder,
    continues: null,
    resume: null,
    signal: new AbortController().signal,
    onProgress: () => undefined,
    onSegment: () => undefined,
    ...changes,
  };
}

async function fileOf(task: EngineTask): Promise<Buffer> {
  const outcome = await engine.run(task);
  if (outcome.kind !== "finished") throw new Error(`stopped at ${outcome.at}`);
  return readFileSync(outcome.master.path);
}

/** Runs until the progress `when` says so, then aborts. */
async function stopWhen(when: (progress: EngineProgress) => boolean) {
  const abort = new AbortController();
  const task = taskFor({
    signal: abort.signal,
    onProgress: (progress) => {
      if (abort.signal.aborted || !when(progress)) return;
      abort.abort(new AbortReason("CancelRequested"));
    },
  });
  const outcome = await engine.run(task);
  return { task, outcome };
}

describe("check", () => {
  it("finds nothing wrong with what it can serve", () => {
    expect(engine.check(request)).toEqual([]);
    expect(engine.check({ ...request, durationSeconds: 600, instrumental: true })).toEqual([]);
  });

  test.each([
    ["lyrics", { lyrics: "la la" }],
    ["duration_seconds", { durationSeconds: 601 }],
  ] as const)("names the field %s", (field, change) => {
    const violations = engine.check({ ...request, ...change });
    expect(violations.map((violation) => violation.field)).toEqual([field]);
    expect(violations[0]!.message).toMatch(/\.$/);
  });

  it("names every fault at once", () => {
    const bad = {
      ...request,
      lyrics: "x",
      durationSeconds: 900,
    } as const;
    expect(engine.check(bad)).toHaveLength(2);
  });
});

describe("run", () => {
  it("makes an instrumental track of the length that was asked for, with rising progress", async () => {
    const seen: EngineProgress[] = [];
    const task = taskFor({ onProgress: (progress) => seen.push(progress) });
    const outcome = await engine.run(task);
    if (outcome.kind !== "finished") throw new Error("it was not stopped");
    expect(outcome).toMatchObject({
      master: {
        path: join(await task.workspace(), "master.mp3"),
        mimeType: "audio/mpeg",
        extension: "mp3",
      },
      measuredDurationSeconds: 20,
      instrumental: true,
    });
    expect(outcome.title).not.toBe("");
    expect((await decode(outcome.master.path)).left.length).toBe(20 * 44_100);
    const percents = seen.map((progress) => progress.percent);
    expect(percents).toEqual([...percents].sort((a, b) => a - b));
    expect(Math.max(...percents)).toBeLessThanOrEqual(100);
    expect([...new Set(seen.map((progress) => progress.phase))]).toEqual([
      "compose",
      "render",
      "master",
      "encode",
    ]);
    expect(seen.some((progress) => progress.checkpoint !== undefined)).toBe(true);
  });

  it("keeps the client's title", async () => {
    const short = { ...request, durationSeconds: 1, title: "Mine" };
    expect(await engine.run(taskFor({ request: short }))).toMatchObject({ title: "Mine" });
  });

  test.each(["compose", "render", "master", "encode"])(
    "stops soon in the phase %s, and the thread serves the next task",
    async (phase) => {
      const { outcome } = await stopWhen((progress) => progress.phase === phase);
      expect(outcome).toMatchObject({
        kind: "stopped",
        at: expect.stringMatching(/^(compose|render|master|encode)/),
      });
      const short = { ...request, durationSeconds: 1 };
      expect(await engine.run(taskFor({ request: short }))).toMatchObject({ kind: "finished" });
    },
  );

  it("goes on where it was stopped, to the identical file", async () => {
    const { task, outcome } = await stopWhen((progress) => progress.checkpoint !== undefined);
    if (outcome.kind !== "stopped" || outcome.checkpoint === null) throw new Error("no checkpoint");
    expect(outcome.checkpoint.label).toMatch(/^chunk \d of \d$/);
    const checkpoint = JSON.parse(JSON.stringify(outcome.checkpoint));
    const resumed = taskFor({ resume: { workspace: await task.workspace(), checkpoint } });
    const first: EngineProgress[] = [];
    const file = await fileOf({ ...resumed, onProgress: (progress) => first.push(progress) });
    expect(first.find((progress) => progress.phase === "render")!.checkpoint).toEqual(checkpoint);
    expect(file.equals(await fileOf(taskFor()))).toBe(true);
  });

  it("starts over when the earlier workspace is gone or the checkpoint is another version's", async () => {
    const short = { ...request, durationSeconds: 3 };
    const plain = await fileOf(taskFor({ request: short }));
    const gone = join(root, "gone");
    for (const data of [
      { version: 1, chunks: 1 },
      { version: 0, chunks: 1 },
      { chunks: "x" },
      {},
    ]) {
      const resume = { workspace: gone, checkpoint: { label: "chunk 1 of 2", data } };
      expect((await fileOf(taskFor({ request: short, resume }))).equals(plain)).toBe(true);
    }
  });

  it("fails retryably when the workspace is not there", async () => {
    const failure = engine.run(taskFor({ workspace: async () => join(root, "nowhere") }));
    await expect(failure).rejects.toThrow(EngineError);
    await expect(failure).rejects.toMatchObject({ retryable: true });
  });

  it("does not begin what was aborted before", async () => {
    const signal = AbortSignal.abort(new AbortReason("ShuttingDown"));
    expect(await engine.run(taskFor({ signal }))).toMatchObject({
      kind: "stopped",
      checkpoint: null,
    });
  });
});

it("makes the same bytes on one thread and on two, which share the chunks", async () => {
  const two = createStudioEngine({ threads: 2 });
  await two.start();
  try {
    const asked = { ...request, durationSeconds: 45 };
    const files = [];
    for (const each of [engine, two]) {
      const outcome = await each.run(taskFor({ request: asked }));
      if (outcome.kind !== "finished") throw new Error(`stopped at ${outcome.at}`);
      files.push(readFileSync(outcome.master.path));
    }
    expect(files[1]!.equals(files[0]!)).toBe(true);
  } finally {
    await two.stop();
  }
});
