/** The files of a rendered piece: the master, and what else was asked for. */
import { join } from "node:path";
import type { Control } from "../control.ts";
import { gainOf, type Stereo, sampleRate } from "../dsp/state.ts";
import { type FormatName, formats } from "../formats/format.ts";
import { midiFile } from "../formats/midi.ts";
import { PeakCollector } from "../formats/peaks.ts";
import { tagsOf } from "../formats/tags.ts";
import { withCurve } from "../master/limiter.ts";
import { type StemName, stemNames } from "../render/stems.ts";
import type { Score } from "../score.ts";
import { encodeFile } from "./encode.ts";
import { writeWhole } from "./files.ts";
import { readChunks } from "./premaster.ts";
import { signalCount } from "./render.ts";
import type { Segment } from "./segments.ts";

/** What to make of a piece beside the score itself. */
export interface Outputs {
  /** Of the master; `mp3` when left out. */
  readonly format?: FormatName;
  /** Also the five stems, as FLAC. */
  readonly stems?: boolean;
  /** Also the score as a MIDI file. */
  readonly midi?: boolean;
  /** Also the waveform for players. */
  readonly peaks?: boolean;
}

/** Paths of what was made. */
export interface Delivery {
  readonly master: string;
  readonly mimeType: string;
  /** Frames of the master. */
  readonly frames: number;
  readonly stems: Readonly<Record<StemName, string>> | null;
  /** What the stems were turned down by together, so that none clips, in dB; they add up to the premaster. */
  readonly stemGainDb: number;
  readonly midi: string | null;
  readonly peaks: string | null;
  /** In order; none unless the piece was made in segments. */
  readonly segments: readonly Segment[];
}

export interface DeliveryJob {
  readonly score: Score;
  /** The master's gain (see `gainCurve`). */
  readonly curve: Float32Array;
  readonly outputs: Outputs;
  /** What was delivered already. */
  readonly segments: readonly Segment[];
  /** Where the premaster is and the files go. */
  readonly folder: string;
  readonly control: Control;
  /** Called with the share that is done, 0 to 1. */
  readonly onShare: (share: number) => void;
}

/** Writes everything that was asked for. @throws Stopped when the control says so */
export async function deliver(job: DeliveryJob): Promise<Delivery> {
  const { score, outputs, folder, onShare } = job;
  const files = outputs.stems === true ? 1 + stemNames.length : 1;
  const total = score.durationSeconds * sampleRate * files;
  const format = formats[outputs.format ?? "mp3"];
  const peaks = new PeakCollector(Math.round(score.durationSeconds * sampleRate));
  const { file, frames } = await encodeFile({
    ...job,
    signal: observed(withCurve(readPremaster(job, 0), job.curve), (block) => peaks.push(block)),
    format,
    tags: tagsOf(score),
    name: "master",
    onFrames: (done) => onShare(done / total),
  });
  const stems = outputs.stems === true ? await deliverStems(job, files) : null;
  return {
    master: join(folder, file),
    mimeType: format.mimeType,
    frames,
    stems: stems?.paths ?? null,
    stemGainDb: stems?.gainDb ?? 0,
    midi: outputs.midi === true ? writeNamed(folder, "score.mid", midiFile(score)) : null,
    peaks:
      outputs.peaks === true
        ? writeNamed(folder, "peaks.json", Buffer.from(JSON.stringify(peaks.waveform()), "utf8"))
        : null,
    segments: job.segments,
  };
}

function readPremaster({ score, outputs, folder }: DeliveryJob, which: number): Iterable<Stereo> {
  const signals = signalCount(outputs.stems === true);
  return readChunks(folder, score.chunkEnds.length, signals, which);
}

function writeNamed(folder: string, name: string, bytes: Uint8Array): string {
  writeWhole(folder, name, [bytes]);
  return join(folder, name);
}

function* observed(signal: Iterable<Stereo>, look: (block: Stereo) => void): Generator<Stereo> {
  for (const block of signal) {
    look(block);
    yield block;
  }
}

/** What all stems and the premaster must be turned down by so that none is beyond full scale, in dB. */
function headroomDb(job: DeliveryJob, files: number): number {
  let peak = 0;
  for (let which = 0; which < files; which++) {
    for (const { left, right } of readPremaster(job, which)) {
      job.control.checkpoint("stems measured");
      for (let i = 0; i < left.length; i++) {
        peak = Math.max(peak, Math.abs(left[i]!), Math.abs(right[i]!));
      }
    }
  }
  return peak > 1 ? 20 * Math.log10(peak) + 0.01 : 0;
}

function* scaled(signal: Iterable<Stereo>, gain: number): Generator<Stereo> {
  for (const { left, right } of signal) {
    yield { left: left.map((value) => value * gain), right: right.map((value) => value * gain) };
  }
}

async function deliverStems(
  job: DeliveryJob,
  files: number,
): Promise<{ paths: Record<StemName, string>; gainDb: number }> {
  const { score, folder, onShare } = job;
  const down = headroomDb(job, files);
  const paths: Partial<Record<StemName, string>> = {};
  for (const [index, name] of stemNames.entries()) {
    const tags = tagsOf(score);
    const { file } = await encodeFile({
      ...job,
      signal: scaled(readPremaster(job, index + 1), gainOf(-down)),
      format: formats.flac,
      tags: { ...tags, title: `${tags.title} (${name})` },
      name: `stem-${name}`,
      onFrames: (done) => onShare((index + 1 + done / sampleRate / score.durationSeconds) / files),
    });
    paths[name] = join(folder, file);
  }
  return { paths: paths as Record<StemName, string>, gainDb: 0 - down };
}
