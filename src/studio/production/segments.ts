/**
 * Segments: a piece made in `mode: focus` is also delivered piece by piece while the rest is still made.
 * For whoever starts the studio:
 *
 * - `PieceRequest.mode: "focus"` asks for it.
 * - `PieceProgress.segments` has the bounds of all segments, in frames, from the moment the piece is
 *   composed; it is empty in the mode `creation`.
 * - `Production.onSegment` is called for each segment, in order and once a run, when its file is complete
 *   in the run's folder; a run that goes on where another stopped makes them all again, byte by byte the
 *   same. The first comes after about half a minute of music is rendered.
 * - `Delivery.segments` lists them all in the end, beside the master, which is the same signal in one.
 *
 * Played one after the other without a gap, segments are the whole: each is mastered with the gain that
 * the first was given, slowly led so that the whole has the right loudness, and with the limiter running
 * on; and an MP3's first and last frames are encoded with the music around them, which its Info frame
 * tells players to leave out.
 */
import { join } from "node:path";
import type { Control } from "../control.ts";
import { gainOf, sampleRate } from "../dsp/state.ts";
import { formats } from "../formats/format.ts";
import { tagsOf } from "../formats/tags.ts";
import { gainCurve, withCurve } from "../master/limiter.ts";
import { ceilingDb, findGain, loudnessWith, targetLufs } from "../master/master.ts";
import { type Survey, Surveyor, spanFrames } from "../master/survey.ts";
import type { Score } from "../score.ts";
import type { Outputs } from "./deliver.ts";
import { encodeFile } from "./encode.ts";
import { type PremasterFiles, readRange } from "./premaster.ts";

export interface SegmentBounds {
  /** From 0. */
  readonly index: number;
  /** The first frame, and the one after the last, within the piece. */
  readonly from: number;
  readonly to: number;
}

export interface Segment extends SegmentBounds {
  /** A complete file of its own, as long as the bounds say. */
  readonly path: string;
  readonly mimeType: string;
}

/** How far the gain may move within a segment, in dB. */
const mostRide = 0.4;
/** Spans beyond a segment that its encoder may look at. */
const contextSpans = 20;
/** Frames that must be surveyed beyond a segment: what encoder and limiter look at, and some more. */
const foresight = 2 * contextSpans * spanFrames;

/** All segments of the score, none if it was not composed in segments. */
export function segmentsOf({ segmentEnds, durationSeconds }: Score): SegmentBounds[] {
  const total = Math.round(durationSeconds * sampleRate);
  let from = 0;
  return segmentEnds.map((end, index) => {
    const isLast = index === segmentEnds.length - 1;
    const to = isLast ? total : Math.round((end * sampleRate) / spanFrames) * spanFrames;
    const bounds = { index, from, to };
    from = to;
    return bounds;
  });
}

export interface SegmentJob {
  readonly score: Score;
  readonly outputs: Outputs;
  readonly premaster: PremasterFiles;
  readonly control: Control;
  readonly onSegment: (segment: Segment) => void;
}

/** Masters and writes segments as the premaster grows. */
export class SegmentMaster {
  readonly #job: SegmentJob;
  readonly #bounds: readonly SegmentBounds[];
  readonly #total: number;
  readonly #surveyor = new Surveyor();
  /** The limiter's gain at each edge between spans, as far as it is settled, and a little further. */
  readonly curve: Float32Array;
  /** The gain before the limiter, for each span. */
  readonly #gains: Float32Array;
  #gainDb = 0;
  #surveyed = 0;
  readonly segments: Segment[] = [];

  constructor(job: SegmentJob) {
    this.#job = job;
    this.#bounds = segmentsOf(job.score);
    this.#total = this.#bounds.at(-1)?.to ?? 0;
    const spans = Math.ceil(this.#total / spanFrames);
    this.curve = new Float32Array(spans + 1);
    this.#gains = new Float32Array(spans);
  }

  /**
   * Makes the segments that can be made.
   *
   * @param rendered frames of the premaster that are on disk
   * @throws Stopped when the control says so
   */
  async advance(rendered: number): Promise<void> {
    const { premaster, control } = this.#job;
    for (const block of readRange(premaster, this.#surveyed, rendered)) {
      control.checkpoint("survey");
      this.#surveyor.push(block);
    }
    this.#surveyed = rendered;
    const isWhole = rendered === this.#total;
    const known = isWhole ? this.#surveyor.finish() : this.#surveyor.known();
    for (const bounds of this.#bounds.slice(this.segments.length)) {
      if (!isWhole && known.frames < bounds.to + foresight) return;
      this.#setGain(known, bounds);
      await this.#write(bounds);
    }
  }

  /** Settles gain and curve for the spans of one more segment. */
  #setGain(known: Survey, { index, from, to }: SegmentBounds): void {
    const { control } = this.#job;
    const first = from / spanFrames;
    const end = Math.ceil(to / spanFrames);
    const soFar = upTo(known, end);
    if (index === 0) {
      this.#gainDb = findGain(soFar, control);
      this.#gains.fill(gainOf(this.#gainDb));
    } else {
      control.checkpoint("gain");
      this.#ride(first, end, targetLufs - loudnessWith(soFar, this.#curveOf(known)));
    }
    control.checkpoint("curve");
    const curve = this.#curveOf(known);
    const settled = index === 0 ? 0 : first + 1;
    const last = Math.min(this.curve.length, end + contextSpans);
    this.curve.set(curve.subarray(settled, last), settled);
  }

  /** @param error how much too quiet all music up to the segment's end is, in LU */
  #ride(first: number, end: number, error: number): void {
    const step = Math.max(-mostRide, Math.min(mostRide, 2 * error));
    const from = gainOf(this.#gainDb);
    this.#gainDb += Number.isFinite(step) ? step : 0;
    const to = gainOf(this.#gainDb);
    for (let span = first; span < end; span++) {
      this.#gains[span] = from + ((to - from) * (span + 1 - first)) / (end - first);
    }
    this.#gains.fill(to, end);
  }

  #curveOf(known: Survey): Float32Array {
    return gainCurve(known, this.#gains, gainOf(ceilingDb), this.#job.control);
  }

  async #write(bounds: SegmentBounds): Promise<void> {
    const { score, outputs, premaster, control, onSegment } = this.#job;
    const format = formats[outputs.format ?? "mp3"];
    const from = Math.max(0, bounds.from - format.context);
    const to = Math.min(this.#total, bounds.to + format.context);
    const tags = tagsOf(score);
    const { file } = await encodeFile({
      signal: withCurve(readRange(premaster, from, to), this.curve, from),
      format,
      context: { before: bounds.from - from, after: to - bounds.to },
      tags: {
        ...tags,
        title: `${tags.title} (${bounds.index + 1}/${this.#bounds.length})`,
        seconds: (bounds.to - bounds.from) / sampleRate,
      },
      folder: premaster.folder,
      name: `segment-${String(bounds.index).padStart(3, "0")}`,
      control,
      onFrames: () => undefined,
    });
    const path = join(premaster.folder, file);
    const segment = { ...bounds, path, mimeType: format.mimeType };
    this.segments.push(segment);
    onSegment(segment);
  }
}

function upTo({ peaks, energies }: Survey, spans: number): Survey {
  const frames = spans * spanFrames;
  return { frames, peaks: peaks.subarray(0, spans), energies: energies.subarray(0, spans) };
}
