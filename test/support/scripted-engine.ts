/**
 * An engine that does what a test tells it, over the same port as the real ones: it writes a real file,
 * reaches checkpoints, and stops at them.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type Engine,
  EngineError,
  type EngineExtra,
  type EngineOutcome,
  type EngineTask,
} from "../../src/generations/engine.ts";

export interface Script {
  /** Safe checkpoints on the way; at each the engine waits for `pass` unless `free`. */
  readonly checkpoints: number;
  readonly free: boolean;
}

/** A task that has begun, in the test's hands. */
export class ScriptedRun {
  readonly task: EngineTask;
  #passes = 0;
  #wake: () => void = () => {};

  constructor(task: EngineTask) {
    this.task = task;
    task.signal.addEventListener("abort", () => this.#wake());
  }

  /** Lets the engine go on past `count` checkpoints. */
  pass(count = 1): void {
    this.#passes += count;
    this.#wake();
  }

  async checkpoint(): Promise<void> {
    while (this.#passes === 0 && !this.task.signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    this.#passes -= 1;
  }
}

async function writeExtra(
  folder: string,
  { kind, stem }: Pick<EngineExtra, "kind" | "stem">,
): Promise<EngineExtra> {
  const path = join(folder, `${kind}-${stem}`);
  await writeFile(path, JSON.stringify(`${kind} ${stem}`));
  return { kind, stem, path, mimeType: "application/octet-stream", extension: "bin" };
}

export class ScriptedEngine implements Engine {
  readonly description;
  script: Script = { checkpoints: 4, free: true };
  /** Thrown at the first checkpoint, when set. */
  error: Error | null = null;
  /** What it makes beside the master. */
  extras: readonly Pick<EngineExtra, "kind" | "stem">[] = [];
  /** Called at each checkpoint that is passed. */
  onStep: (run: ScriptedRun, step: number) => unknown = () => undefined;
  readonly runs: ScriptedRun[] = [];
  #started: ((run: ScriptedRun) => void)[] = [];

  constructor(key: string) {
    this.description = {
      key,
      name: "Scripted",
      maxDurationSeconds: 600,
      supportsVocals: false,
      supportsLyrics: false,
      supportsStems: false,
      supportedLanguages: [],
      licenceClass: "unclear" as const,
      commercialUse: false,
      requiresAttribution: false,
      outputFormats: ["mp3" as const],
      supportsSeedTracks: true,
      modes: ["creation" as const],
    };
  }

  async start(): Promise<void> {}
  async stop(): Promise<void> {}
  check(): [] {
    return [];
  }

  /** The next task that begins after this call. */
  nextRun(): Promise<ScriptedRun> {
    return new Promise((resolve) => this.#started.push(resolve));
  }

  fail(retryable: boolean): void {
    this.error = new EngineError("The strings broke.", { retryable });
  }

  async run(task: EngineTask): Promise<EngineOutcome> {
    const folder = await task.workspace();
    const run = new ScriptedRun(task);
    this.runs.push(run);
    for (const started of this.#started.splice(0)) started(run);
    const { checkpoints, free } = this.script;
    for (let n = Number(task.resume?.checkpoint.data["n"] ?? 0) + 1; n <= checkpoints; n++) {
      if (!free) await run.checkpoint();
      if (this.error !== null) throw this.error;
      const checkpoint = { label: `step ${n}`, data: { n: n - 1 } };
      if (task.signal.aborted) return { kind: "stopped", at: checkpoint.label, checkpoint };
      await this.onStep(run, n);
      const percent = Math.floor((100 * n) / (checkpoints + 1));
      task.onProgress({ percent, phase: "render", message: `Step ${n}`, checkpoint });
    }
    const path = join(folder, "master.mp3");
    await writeFile(path, `audio of ${task.jobId}`);
    const extras = await Promise.all(this.extras.map((extra) => writeExtra(folder, extra)));
    return {
      kind: "finished",
      master: { path, mimeType: "audio/mpeg", extension: "mp3" },
      extras,
      stemGainDb: null,
      measuredDurationSeconds: task.request.durationSeconds,
      title: task.request.title ?? "Untitled",
      instrumental: true,
    };
  }
}
