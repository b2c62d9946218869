/** From the score to the premaster on disk, chunk by chunk, going on where an earlier render stopped. */
import type { Control } from "../control.ts";
import { slice, stereo } from "../dsp/state.ts";
import { Mixer } from "../render/mixer.ts";
import { Overlap } from "../render/overlap.ts";
import type { SoundBank } from "../render/sound-bank.ts";
import { stemNames } from "../render/stems.ts";
import { blockFrames, type SoundBlock, synthesize } from "../render/synthesize.ts";
import type { Score } from "../score.ts";
import { loadState, type RenderState, saveState } from "./checkpoint.ts";
import type { ChunkBoard } from "./chunk-board.ts";
import { playAhead, readAhead } from "./dry-chunks.ts";
import { readIntact, takeFile } from "./files.ts";
import { ChunkWriter, chunkBounds, chunkName } from "./premaster.ts";

export interface RenderJob {
  readonly bank: SoundBank;
  readonly score: Score;
  /** Whether stems are rendered beside the mix. */
  readonly stems: boolean;
  /** Names the piece, so that no other piece's state is taken for its own. */
  readonly fingerprint: string;
  /** Where the chunks and states go. */
  readonly folder: string;
  /** An earlier render's folder, which may be gone, and how many chunks it had finished. */
  readonly resume: { readonly folder: string; readonly chunks: number } | null;
  /** Where helpers, if any, say what they have played. */
  readonly board: ChunkBoard;
  readonly control: Control;
}

/**
 * Renders all chunks that are not there yet; tells after each how many are safely on disk, and first
 * with how many it begins.
 *
 * @throws Stopped when the control says so
 */
export function* renderPremaster(job: RenderJob): Generator<number> {
  const { score, control } = job;
  const state = resumed(job) ?? freshState(job);
  const total = score.chunkEnds.length;
  yield state.chunkCrcs.length;
  for (let index = state.chunkCrcs.length; index < total; index++) {
    renderChunk(job, state, index);
    yield index + 1;
    control.checkpoint("chunk written");
  }
}

/** Signals in each frame of the premaster: the mix, and the stems if there are any. */
export function signalCount(stems: boolean): number {
  return stems ? 1 + stemNames.length : 1;
}

function freshState({ score, stems }: RenderJob): RenderState {
  return {
    mixer: new Mixer(score, stems),
    overlap: new Overlap(score.parts.length),
    chunkCrcs: [],
  };
}

function renderChunk(job: RenderJob, state: RenderState, index: number): void {
  const { folder } = job;
  const writer = new ChunkWriter(folder, index);
  try {
    mixChunk(job, state, index, writer);
  } catch (error) {
    writer.abandon();
    throw error;
  }
  state.chunkCrcs.push(writer.finish());
  saveState(folder, job.fingerprint, state);
}

function mixChunk(
  job: RenderJob,
  { overlap, mixer }: RenderState,
  index: number,
  writer: ChunkWriter,
): void {
  const { score, stems } = job;
  const { from, to } = chunkBounds(score, index);
  const signals = Array.from({ length: signalCount(stems) }, () => stereo(blockFrames));
  for (const block of soundOf(job, index)) {
    const parts = overlap.take(block, to - from);
    const frames = parts[0]!.left.length;
    if (frames === 0) continue;
    const out = signals.map((signal) => slice(signal, 0, frames));
    mixer.process(parts, from + block.at, out[0]!, out.slice(1));
    writer.push(out);
  }
  overlap.endChunk(to - from);
}

/** The dry sound of a chunk: played now, or taken from the file of who played it ahead. */
function* soundOf(job: RenderJob, index: number): Generator<SoundBlock> {
  const { bank, score, folder, board, control } = job;
  const { from, to } = chunkBounds(score, index);
  board.moveTo(index);
  while (!board.claim(index)) {
    control.checkpoint("waiting for a chunk");
    if (board.isReady(index)) return yield* readAhead(folder, score, index);
    // Whoever has it is not done: rather than wait, play one that comes later.
    const later = board.claimAhead(score.chunkEnds.length);
    if (later === null) board.waitFor(index);
    else playAhead(job, later);
  }
  yield* synthesize(bank, score, from, to, control);
}

/** The state of the earlier render with its chunks taken over; null when anything is amiss. */
function resumed(job: RenderJob): RenderState | null {
  const { resume, score, fingerprint, folder, control } = job;
  if (resume === null || resume.chunks < 1 || resume.chunks > score.chunkEnds.length) return null;
  const state = freshState(job);
  if (!loadState(resume.folder, resume.chunks, fingerprint, state)) return null;
  try {
    for (let index = 0; index < resume.chunks; index++) {
      control.checkpoint("chunks taken over");
      takeFile(resume.folder, folder, chunkName(index));
      if (readIntact(folder, chunkName(index), state.chunkCrcs[index]!) === null) return null;
    }
    saveState(folder, fingerprint, state);
  } catch (error) {
    if (error instanceof Error && "code" in error) return null; // a file that is gone
    throw error;
  }
  return state;
}
