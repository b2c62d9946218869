/**
 * The whole way from a prompt to a finished file: compose, render, master, encode. Everything it needs
 * while it works is in one folder, from which a later run can go on.
 */
import { createHash } from "node:crypto";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { compose } from "../compose/compose.ts";
import { type Control, Stopped } from "../control.ts";
import { sampleRate } from "../dsp/state.ts";
import { withCurve } from "../master/limiter.ts";
import { findGain, limitedBy } from "../master/master.ts";
import { survey } from "../master/survey.ts";
import { interpret } from "../prompt/interpret.ts";
import { hash32 } from "../random.ts";
import type { SoundBank } from "../render/sound-bank.ts";
import type { Score } from "../score.ts";
import { stateName } from "./checkpoint.ts";
import { encodeMaster, masterName } from "./encode.ts";
import { chunkName, readChunks } from "./premaster.ts";
import { renderPremaster } from "./render.ts";

/** Grows when the same request would sound different, so that no old checkpoint is continued. */
export const studioVersion = 2;

export interface PieceRequest {
  readonly prompt: string;
  readonly styleTags: readonly string[];
  /** Seconds, at least 1. */
  readonly durationSeconds: number;
  /** An unsigned 32-bit number. */
  readonly seed: number;
  /** Null to have a title made up. */
  readonly title: string | null;
}

export type Phase = "compose" | "render" | "master" | "encode";

export interface PieceProgress {
  readonly phase: Phase;
  /** 0 to 100. */
  readonly percent: number;
  readonly chunks: { readonly done: number; readonly total: number };
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
}

export type ProductionResult =
  | {
      readonly kind: "finished";
      readonly path: string;
      readonly score: Score;
      /** Samples of each channel in the file. */
      readonly frames: number;
    }
  | {
      readonly kind: "stopped";
      readonly phase: Phase;
      /** Chunks that a later run can take over. */
      readonly chunks: number;
      readonly totalChunks: number;
    };

/** Where each phase begins, in percent of all work (measured). */
const begins: Readonly<Record<Phase, number>> = { compose: 0, render: 2, master: 72, encode: 84 };

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

  constructor(production: Production) {
    this.#production = production;
  }

  stopped(): ProductionResult {
    return { kind: "stopped", phase: this.#phase, chunks: this.#chunks, totalChunks: this.#total };
  }

  async toTheEnd(): Promise<ProductionResult> {
    const score = this.#compose();
    this.#render(score);
    const curve = this.#master();
    return await this.#encode(score, curve);
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
    });
  }

  #compose(): Score {
    const { request, control } = this.#production;
    this.#report("compose", 0);
    control.checkpoint("compose");
    const { prompt, styleTags, seed } = request;
    const score = compose({
      interpretation: interpret({ prompt, styleTags }, seed),
      durationSeconds: request.durationSeconds,
      seed: hash32(`${seed} ${prompt} ${styleTags.join(" ")}`),
      title: request.title,
    });
    control.checkpoint("composed");
    this.#total = score.chunkEnds.length;
    return score;
  }

  #render(score: Score): void {
    const { bank, request, folder, resume, control } = this.#production;
    renderPremaster({
      bank,
      score,
      fingerprint: fingerprintOf(request),
      folder,
      resume,
      control,
      onChunk: (chunks) => {
        this.#chunks = chunks;
        this.#report("render", chunks / this.#total);
      },
    });
  }

  #source() {
    return readChunks(this.#production.folder, this.#total);
  }

  /** The gain of the limited master, over the whole piece. */
  #master(): Float32Array {
    const { control } = this.#production;
    this.#report("master", 0);
    const piece = survey(this.#source(), control);
    control.checkpoint("surveyed");
    return limitedBy(piece, findGain(piece));
  }

  async #encode(score: Score, curve: Float32Array): Promise<ProductionResult> {
    const { folder, control } = this.#production;
    this.#report("encode", 0);
    const total = score.durationSeconds * sampleRate;
    let reported = 0;
    const frames = await encodeMaster(
      withCurve(this.#source(), curve),
      score,
      folder,
      control,
      (done) => {
        if (done - reported < total / 10) return;
        reported = done;
        this.#report("encode", done / total);
      },
    );
    this.#clear();
    return { kind: "finished", path: join(folder, masterName), score, frames };
  }

  /** Leaves nothing but the master. */
  #clear(): void {
    const { folder } = this.#production;
    for (let index = 0; index <= this.#total; index++) {
      rmSync(join(folder, chunkName(index)), { force: true });
      rmSync(join(folder, stateName(index)), { force: true });
    }
  }
}
