/**
 * The built-in studio behind the engine port: each piece on a worker thread, so that the process stays
 * free for heartbeats and requests.
 */
import { writeFile } from "node:fs/promises";
import { extname, join } from "node:path";
import type { Log } from "../base/log.ts";
import {
  type Engine,
  type EngineCheckpoint,
  type EngineDescription,
  EngineError,
  type EngineExtra,
  type EngineFile,
  type EngineOutcome,
  type EngineProgress,
  type EngineSegment,
  type EngineTask,
  type GenerationRequest,
  outputFormats,
  type Violation,
} from "../generations/engine.ts";
import { type Handover, readHandover } from "../studio/compose/handover.ts";
import { sampleRate } from "../studio/dsp/state.ts";
import { boardMemory, ChunkBoard } from "../studio/production/chunk-board.ts";
import type { Delivery } from "../studio/production/deliver.ts";
import { type PieceProgress, studioVersion } from "../studio/production/produce.ts";
import type { Segment } from "../studio/production/segments.ts";
import { interpretationOf } from "./studio-interpretation.ts";
import type {
  PieceResult,
  PieceTask,
  StudioNews,
  StudioResult,
  StudioTask,
} from "./studio-protocol.ts";
import { type Help, ThreadPool } from "./thread-pool.ts";

export interface StudioEngineOptions {
  /** Pieces made at the same time; each takes a core while it lasts. */
  readonly threads: number;
  readonly log?: Log;
}

/**
 * Licence class: the music is composed by our own rules, from no recordings and no trained model, and
 * the only sounds in it are FluidR3Mono's samples, which are under the MIT licence. That licence asks
 * for its notice with copies of the SoundFont, not with music played on it, so a track may be used
 * commercially and needs no attribution.
 */
const description: EngineDescription = {
  key: "studio",
  name: "Studio",
  maxDurationSeconds: 600,
  supportsVocals: false,
  supportsLyrics: false,
  supportsStems: true,
  supportedLanguages: [],
  licenceClass: "commercial_cleared",
  commercialUse: true,
  requiresAttribution: false,
  outputFormats,
  supportsSeedTracks: true,
  modes: ["creation", "focus"],
};

/** What the studio does not do, as faults of the request. */
function check(request: GenerationRequest): Violation[] {
  const most = description.maxDurationSeconds;
  const faults: (Violation | false)[] = [
    request.durationSeconds > most && {
      field: "duration_seconds",
      rule: "engine.max_duration",
      message: `The studio engine makes pieces of up to ${most} seconds; ask for ${most} or less.`,
    },
    request.lyrics !== null && {
      field: "lyrics",
      rule: "engine.lyrics",
      message: "The studio engine makes instrumental music and does not sing; leave lyrics out.",
    },
  ];
  return faults.filter((fault) => fault !== false);
}

function checkpointOf(chunks: number, total: number): EngineCheckpoint | null {
  if (chunks === 0) return null;
  return { label: `chunk ${chunks} of ${total}`, data: { version: studioVersion, chunks } };
}

function progressOf({ phase, percent, chunks }: PieceProgress): EngineProgress {
  const checkpoint = checkpointOf(chunks.done, chunks.total);
  const messages = {
    compose: "Composing",
    render: `Playing part ${Math.min(chunks.done + 1, chunks.total)} of ${chunks.total}`,
    master: "Mastering",
    encode: "Encoding",
  };
  const progress = { percent: Math.round(percent), phase, message: messages[phase] };
  return checkpoint === null ? progress : { ...progress, checkpoint };
}

/** @throws EngineError when an earlier version left what this one cannot read */
function readContinued(continues: unknown): { readonly continues?: Handover } {
  if (continues === null) return {};
  const handover = readHandover(continues);
  if (handover !== null) return { continues: handover };
  const message = "The track to continue from was made by a version that cannot be continued.";
  throw new EngineError(message, { retryable: false });
}

function taskOf({ request, seed, resume, continues }: EngineTask, folder: string): PieceTask {
  const { prompt, styleTags, durationSeconds, title, outputFormat, stems, mode } = request;
  const chunks = resume?.checkpoint.data["chunks"];
  const isOurs = resume?.checkpoint.data["version"] === studioVersion && typeof chunks === "number";
  const wording = { prompt, styleTags, durationSeconds, title, seed, mode };
  return {
    request: {
      ...wording,
      ...readContinued(continues),
      outputs: { format: outputFormat, stems, midi: true, peaks: true },
    },
    kind: "piece",
    folder,
    board: boardMemory(),
    resume: resume !== null && isOurs ? { folder: resume.workspace, chunks } : null,
  };
}

function fileOf(path: string, mimeType: string): EngineFile {
  return { path, mimeType, extension: extname(path).slice(1) };
}

function extrasOf({ stems, midi, peaks }: Delivery): EngineExtra[] {
  const voices = Object.entries(stems ?? {}).map(([stem, path]) => ({
    kind: "stem" as const,
    stem,
    ...fileOf(path, "audio/flac"),
  }));
  return [
    ...voices,
    ...(midi === null
      ? []
      : [{ kind: "midi", stem: null, ...fileOf(midi, "audio/midi") } as const]),
    ...(peaks === null
      ? []
      : [{ kind: "waveform", stem: null, ...fileOf(peaks, "application/json") } as const]),
  ];
}

function segmentOf({ from, to, path, mimeType }: Segment): EngineSegment {
  return {
    startSeconds: from / sampleRate,
    durationSeconds: (to - from) / sampleRate,
    file: fileOf(path, mimeType),
  };
}

/** Writes what a later piece needs to continue this one. */
async function keepHandover(result: PieceResult | null, folder: string): Promise<EngineExtra[]> {
  if (result?.kind !== "finished") return [];
  const path = join(folder, "handover.json");
  await writeFile(path, JSON.stringify(result.handover));
  return [{ kind: "continuation", stem: null, ...fileOf(path, "application/json") }];
}

/** @param more files beside those that the studio delivers */
function outcomeOf(result: PieceResult | null, more: readonly EngineExtra[]): EngineOutcome {
  if (result === null) return { kind: "stopped", at: "before a thread was free", checkpoint: null };
  if (result.kind === "finished") {
    const { delivery } = result;
    return {
      kind: "finished",
      master: fileOf(delivery.master, delivery.mimeType),
      extras: [...extrasOf(delivery), ...more],
      stemGainDb: delivery.stems && delivery.stemGainDb,
      measuredDurationSeconds: result.durationSeconds,
      title: result.title,
      instrumental: true,
    };
  }
  const { phase, chunks, totalChunks } = result;
  const at = phase === "render" ? `render, after chunk ${chunks} of ${totalChunks}` : phase;
  return { kind: "stopped", at, checkpoint: checkpointOf(chunks, totalChunks) };
}

/** Lets threads that have nothing else to do play chunks of the piece. */
function helpFor({ request, folder, board }: PieceTask): Help<StudioTask, StudioResult> {
  return {
    task: (helper) => ({ kind: "help", request, folder, board, helper }),
    isOver: (result) => result.kind === "helped" && result.isOver,
    onLost: (helper) => new ChunkBoard(board, helper).releaseAll(),
  };
}

/** The studio engine; its threads start with `start` and end with `stop`. */
export function createStudioEngine(options: StudioEngineOptions): Engine {
  const { threads, log } = options;
  const entry = new URL("studio-thread.ts", import.meta.url);
  const pool = new ThreadPool<StudioTask, StudioNews, StudioResult>({ entry, threads, log });

  async function run(task: EngineTask): Promise<EngineOutcome> {
    let isUnderstood = false;
    const onNews = (news: StudioNews) => {
      if ("segment" in news) {
        task.onSegment(segmentOf(news.segment));
        return;
      }
      const report = isUnderstood ? null : news.interpretation;
      isUnderstood ||= report !== null;
      const understood = report && { interpretation: interpretationOf(report) };
      task.onProgress({ ...progressOf(news), ...understood });
    };
    const folder = await task.workspace();
    const studioTask = taskOf(task, folder);
    try {
      const result = await pool.run(studioTask, task.signal, onNews, helpFor(studioTask));
      if (result?.kind === "helped") throw new Error("a piece was taken for help with one");
      return outcomeOf(result, await keepHandover(result, folder));
    } catch (cause) {
      log?.error({ err: cause, jobId: task.jobId }, "the studio failed at a piece");
      const message = "The studio engine failed while making this piece.";
      throw new EngineError(message, { retryable: true, cause });
    }
  }

  return { description, check, run, start: () => pool.start(), stop: () => pool.stop() };
}
