/** The engine of the documents satisfies the port: a piece that is what it says, the same for a seed, and a stop. */
import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { toneEngine } from "../../docs/how-to/engine/tone.ts";
import type { EngineProgress, EngineTask } from "../../src/generations/engine.ts";
import { request } from "../support/store.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

function task(workspace: string, changes: Partial<EngineTask> = {}): EngineTask {
  return {
    jobId: "mgen_1",
    request: { ...request, durationSeconds: 3, outputFormat: "wav" },
    seed: 7,
    continues: null,
    workspace: async () => workspace,
    resume: null,
    signal: new AbortController().signal,
    onProgress: () => {},
    onSegment: () => {},
    ...changes,
  };
}

async function make(seed: number): Promise<Buffer> {
  const outcome = await toneEngine.run(task(await temporaryFolder(), { seed }));
  if (outcome.kind !== "finished") return expect.unreachable("it should finish");
  return await readFile(outcome.master.path);
}

it("makes a WAV of the length that was asked for, by the seed", async () => {
  const [first, again, other] = [await make(7), await make(7), await make(8)];
  expect(first.toString("latin1", 0, 4)).toBe("RIFF");
  expect(first.length).toBe(44 + 3 * 44_100 * 2);
  expect(first.readUInt32LE(4)).toBe(first.length - 8);
  expect(again.equals(first)).toBe(true);
  expect(other.equals(first)).toBe(false);
});

it("stops between two seconds when it is asked to", async () => {
  const asked = new AbortController();
  const onProgress = ({ percent }: EngineProgress) => percent > 30 && asked.abort();
  const signal = asked.signal;
  const outcome = await toneEngine.run(task(await temporaryFolder(), { signal, onProgress }));
  expect(outcome).toEqual({ kind: "stopped", at: "second 1", checkpoint: null });
});

it("says what it cannot serve", () => {
  expect(toneEngine.check({ ...request, outputFormat: "mp3" })).toMatchObject([
    { field: "output_format" },
  ]);
});
