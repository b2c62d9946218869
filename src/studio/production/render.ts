/** From the score to the premaster on disk, chunk by chunk, going on where an earlier render stopped. */
import type { Control } from "../control.ts";
import { sampleRate, slice, stereo } from "../dsp/state.ts";
import { Mixer } from "../render/mixer.ts";
import { Overlap } from "../render/overlap.ts";
import type { SoundBank } from "../render/sound-bank.ts";
import { stemNames } from "../render/stems.ts";
import { blockFrames, synthesize } from "../render/synthesize.ts";
import type { Score } from "../score.ts";
import { loadState, type RenderState, saveState } from "./checkpoint.ts";
import { readIntact, takeFile } from "./files.ts";
import { ChunkWriter, chunkName } from "./premaster.ts";

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

/** The frame after each chunk's last. */
export function chunkEndFrames({ chunkEnds }: Score): number[] {
  return chunkEnds.map((end) => Math.round(end * sampleRate));
}

function freshState({ score, stems }: RenderJob): RenderState {
  return {
    mixer: new Mixer(score, stems),
    overlap: new Overlap(score.parts.length),
    chunkCrcs: [],
  };
}

function renderChunk(job: RenderJob, state: RenderState, index: number): void {
  const { score, folder } = job;
  const ends = chunkEndFrames(score);
  const from = ends[index - 1] ?? 0;
  const to = ends[index]!;
  const writer = new ChunkWriter(folder, index);
  try {
    mixChunk(job, state, from, to, writer);
  } catch (error) {
    writer.abandon();
    throw error;
  }
  state.chunkCrcs.push(writer.finish());
  saveState(folder, job.fingerprint, state);
}

function mixChunk(
  { bank, score, stems, control }: RenderJob,
  { overlap, mixer }: RenderState,
  from: number,
  to: number,
  writer: ChunkWriter,
): void {
  const signals = Array.from({ length: signalCount(stems) }, () => stereo(blockFrames));
  for (const block of synthesize(bank, score, from, to, control)) {
    const parts = overlap.take(block, to - from);
    const frames = parts[0]!.left.length;
    if (frames === 0) continue;
    const out = signals.map((signal) => slice(signal, 0, frames));
    mixer.process(parts, from + block.at, out[0]!, out.slice(1));
    writer.push(out);
  }
  overlap.endChunk(to - from);
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
