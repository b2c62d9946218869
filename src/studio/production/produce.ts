/**
 * The whole way from a prompt to a finished file: compose, render, master, encode. Everything it needs
 * while it works is in one folder, from which a later run can go on.
 */
import { createHash } from "node:crypto";
import { rmSync } from "node:fs";
import { join } from "node:path";
import type { Mode } from "../compose/compose.ts";
import { type Handover, handoverOf } from "../compose/handover.ts";
import { type Control, Stopped } from "../control.ts";
import { findGain, limitedBy } from "../master/master.ts";
import { survey } from "../master/survey.ts";
import type { Fields } from "../prompt/interpret.ts";
import { type InterpretationReport, reportOf } from "../prompt/report.ts";
import type { SoundBank } from "../render/sound-bank.ts";
import type { Score } from "../score.ts";
import { stateName } from "./checkpoint.ts";
import { boardMemory, ChunkBoard } from "./chunk-board.ts";
import { composeRequest } from "./composition.ts";
import { type Delivery, deliver, type Outputs } from "./deliver.ts";
import { help } from "./dry-chunks.ts";
import { chunkEndFrames, chunkName, readChunks } from "./premaster.ts";
import { renderPremaster, signalCount } from "./render.ts";
import { type Segment, type SegmentBounds, SegmentMaster, segmentsOf } from "./segments.ts";

/** Grows when the same request would sound different, so that no old checkpoint is continued. */
export const studioVersion = 3;

export interface PieceRequest {
  readonly prompt: string;
  readonly styleTags: readonly string[];
  /** Seconds, at least 1. */
  readonly durationSeconds: number;
  /** An unsigned 32-bit number. */
  readonly seed: number;
  /** Null to have a title made up. */
  readonly title: string | null;
  /** Values named apart from the text; none when left out. */
  readonly fields?: Fields;
  /** An MP3 alone when left out. */
  readonly outputs?: Outputs;
  /** What the piece to be continued handed over (see `readHandover`); a new piece when left out. */
  readonly continues?: Handover;
  /** `focus` is long, even, unobtrusive, and comes in segments; `creation` when left out. */
  readonly mode?: Mode;
}

export type Phase = "compose" | "render" | "master" | "encode";

export interface PieceProgress {
  readonly phase: Phase;
  /** 0 to 100. */
  readonly percent: number;
  readonly chunks: { readonly done: number; readonly total: number };
  /** Known once the piece is composed. */
  readonly interpretation: InterpretationReport | null;
  /** The bounds of all segments; empty before the piece is composed, and where it has none. */
  readonly segments: readonly SegmentBounds[];
}

export interface Production {
  readonly bank: SoundBank;
  readonly request: PieceRequest;
  /** An empty folder for this run alone. */
  readonly folder: string;
  /** An earlier run of the same request, stopped or dead; taken up if it is intact. */
  readonly resume: { readonly folder: string; readonly chunks: number } | null;
  readonly control: Control;
  readonly onProgress: (progress: PieceProgress) => void;
  /** Called with each finished segment (see `segments.ts`). */
  readonly onSegment?: (segment: Segment) => void;
  /** Of a board that other threads `assist` at; none helps when left out. */
  readonly board?: SharedArrayBuffer;
}

export type ProductionResult =
  | {
      readonly kind: "finished";
      /** The master's path. */
      readonly path: string;
      readonly score: Score;
      readonly interpretation: InterpretationReport;
      /** What a later request needs to continue this piece; a JSON value to be kept with it. */
      readonly handover: Handover;
      /** Samples of each channel in the file. */
      readonly frames: number;
      readonly delivery: Delivery;
    }
  | {
      readonly kind: "stopped";
      readonly phase: Phase;
      /** Chunks that a later run can take over. */
      readonly chunks: number;
      readonly totalChunks: number;
    };

/** Where each phase begins, in percent of all work (measured). */
const begins: Readonly<Record<Phase, number>> = { compose: 0, render: 2, master: 74, encode: 79 };

/** Produces the piece, or stops soon after the control says so. */
export async function produce(production: Production): Promise<ProductionResult> {
  const run = new Run(production);
  try {
    return await run.toTheEnd();
  } catch (error) {
    if (error instanceof Stopped) return run.stopped();
    throw error;
  }
}

/** Help with a piece that is produced on another thread. */
export interface Assistance {
  readonly bank: SoundBank;
  /** What is asked of `produce`, and where it works. */
  readonly request: PieceRequest;
  readonly folder: string;
  /** The board that `produce` was given. */
  readonly board: SharedArrayBuffer;
  /** A number from 1, of this helper alone. */
  readonly helper: number;
  readonly control: Control;
}

/**
 * Plays chunks of a piece ahead of the thread that produces it, until none is left or the control says
 * so. The piece is the same with any number of helpers. Where a helper's thread dies, `ChunkBoard.releaseAll`
 * frees what it had.
 *
 * @returns whether none is left
 */
export function assist({ bank, request, folder, board, helper, control }: Assistance): boolean {
  try {
    const { score } = composeRequest(request, control);
    help({ bank, score, folder, board: new ChunkBoard(board, helper), control });
    return true;
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
    return false;
  }
}

function fingerprintOf(request: PieceRequest): string {
  return createHash("sha256")
    .update(JSON.stringify([studioVersion, request]))
    .digest("hex");
}

class Run {
  readonly #production: Production;
  #phase: Phase = "compose";
  #chunks = 0;
  #total = 0;
  #interpretation: InterpretationReport | null = null;
  #segments: readonly SegmentBounds[] = [];

  constructor(production: Production) {
    this.#production = production;
  }

  stopped(): ProductionResult {
    return { kind: "stopped", phase: this.#phase, chunks: this.#chunks, totalChunks: this.#total };
  }

  async toTheEnd(): Promise<ProductionResult> {
    const { score, interpretation, handover } = this.#compose();
    const segments = await this.#render(score);
    const curve = segments?.curve ?? this.#master();
    const delivery = await this.#deliver(score, curve, segments?.segments ?? []);
    const { master: path, frames } = delivery;
    return { kind: "finished", path, score, interpretation, handover, frames, delivery };
  }

  #report(phase: Phase, share: number): void {
    this.#phase = phase;
    const order = Object.keys(begins) as Phase[];
    const next = order[order.indexOf(phase) + 1];
    const end = next === undefined ? 100 : begins[next];
    this.#production.onProgress({
      phase,
      percent: begins[phase] + (end - begins[phase]) * share,
      chunks: { done: this.#chunks, total: this.#total },
      interpretation: this.#interpretation,
      segments: this.#segments,
    });
  }

  #compose(): { score: Score; interpretation: InterpretationReport; handover: Handover } {
    const { request, control } = this.#production;
    this.#report("compose", 0);
    const { interpretation, score, seed } = composeRequest(request, control);
    this.#total = score.chunkEnds.length;
    this.#segments = segmentsOf(score);
    this.#interpretation = reportOf(interpretation, score);
    const handover = handoverOf(interpretation, score, seed, request.continues ?? null);
    return { score, interpretation: this.#interpretation, handover };
  }

  /** Renders the premaster, and the segments that it is made in, if any, as far as it has come. */
  async #render(score: Score): Promise<SegmentMaster | null> {
    const { bank, request, folder, resume, control, board = boardMemory() } = this.#production;
    const segments = score.segmentEnds.length === 0 ? null : this.#segmentMaster(score);
    const ends = chunkEndFrames(score);
    const rendering = renderPremaster({
      bank,
      score,
      stems: this.#hasStems,
      fingerprint: fingerprintOf(request),
      folder,
      resume,
      board: new ChunkBoard(board, 0),
      control,
    });
    for (const chunks of rendering) {
      this.#chunks = chunks;
      this.#report("render", chunks / this.#total);
      await segments?.advance(ends[chunks - 1] ?? 0);
    }
    return segments;
  }

  #segmentMaster(score: Score): SegmentMaster {
    const { request, folder, control, onSegment = () => undefined } = this.#production;
    const signals = signalCount(this.#hasStems);
    return new SegmentMaster({
      score,
      outputs: request.outputs ?? {},
      premaster: { folder, signals, ends: chunkEndFrames(score) },
      control,
      onSegment,
    });
  }

  get #hasStems(): boolean {
    return this.#production.request.outputs?.stems === true;
  }

  #source() {
    return readChunks(this.#production.folder, this.#total, signalCount(this.#hasStems));
  }

  /** The gain of the limited master, over the whole piece. */
  #master(): Float32Array {
    const { control } = this.#production;
    this.#report("master", 0);
    const piece = survey(this.#source(), control);
    control.checkpoint("surveyed");
    return limitedBy(piece, findGain(piece, control), control);
  }

  async #deliver(
    score: Score,
    curve: Float32Array,
    segments: readonly Segment[],
  ): Promise<Delivery> {
    const { folder, control, request } = this.#production;
    this.#report("encode", 0);
    let reported = 0;
    const delivery = await deliver({
      score,
      curve,
      segments,
      outputs: request.outputs ?? {},
      folder,
      control,
      onShare: (share) => {
        if (share - reported < 0.1) return;
        reported = share;
        this.#report("encode", share);
      },
    });
    this.#clear();
    return delivery;
  }

  /** Leaves nothing but what was delivered. */
  #clear(): void {
    const { folder } = this.#production;
    for (let index = 0; index <= this.#total; index++) {
      rmSync(join(folder, chunkName(index)), { force: true });
      rmSync(join(folder, stateName(index)), { force: true });
    }
  }
}
