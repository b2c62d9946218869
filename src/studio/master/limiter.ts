/**
 * The limiter: a gain for each edge between spans, with straight lines between. It sees the whole piece
 * at once, so it comes down before a peak without delaying anything, is as low as each span's true peak
 * needs, and lets go slowly.
 */
import type { Control } from "../control.ts";
import { type Stereo, sampleRate, slice, stereo } from "../dsp/state.ts";
import { type Survey, spanFrames } from "./survey.ts";

/** Spans over which the gain comes down before a peak (5.7 ms). */
const lookahead = 4;
const release = 1 - Math.exp(-spanFrames / (0.12 * sampleRate));

/** Edges between two looks at the control: about a millisecond of work. */
const edgesPerLook = 1 << 14;

/**
 * The gain, as an amplitude, at the beginning of each span and at the end of the last.
 *
 * @param gain applied to everything, or to each span, as an amplitude
 * @param ceiling the highest true peak let through, as an amplitude
 * @param edges where to put the result, one longer than there are spans
 * @throws Stopped when `control` says so
 */
export function gainCurve(
  { peaks }: Survey,
  gain: number | Float32Array,
  ceiling: number,
  control: Control,
  edges = new Float32Array(peaks.length + 1),
): Float32Array {
  const gainAt = (span: number) =>
    typeof gain === "number" ? gain : gain[Math.max(0, Math.min(gain.length - 1, span))]!;
  const neededFor = (span: number) => {
    const peak = span >= 0 && span < peaks.length ? peaks[span]! : 0;
    const wished = gainAt(span);
    return peak * wished > ceiling ? ceiling / peak : wished;
  };
  const recent = new Float64Array(lookahead).fill(gainAt(0));
  let held = gainAt(0);
  let sum = held * lookahead;
  for (let edge = -lookahead; edge < edges.length; edge++) {
    if (edge % edgesPerLook === 0) control.checkpoint("limiter");
    let needed = gainAt(edge);
    for (let span = edge - 1; span <= edge + lookahead; span++) {
      needed = Math.min(needed, neededFor(span));
    }
    held = needed < held ? needed : held + (needed - held) * release;
    const slot = (edge + lookahead) % lookahead;
    sum += held - recent[slot]!;
    recent[slot] = held;
    if (edge >= 0) edges[edge] = sum / lookahead;
  }
  return edges;
}

/**
 * `signal`, in blocks of any size, with the gain of `curve`, in blocks that hold until the next.
 *
 * @param first the signal's first frame, counted from the curve's beginning
 */
export function* withCurve(
  signal: Iterable<Stereo>,
  curve: Float32Array,
  first = 0,
): Generator<Stereo> {
  let at = first;
  let room = stereo(0);
  for (const { left, right } of signal) {
    if (room.left.length < left.length) room = stereo(left.length);
    const out = slice(room, 0, left.length);
    for (let i = 0; i < left.length; ) {
      const span = Math.floor(at / spanFrames);
      const within = at - span * spanFrames;
      const end = Math.min(left.length, i + spanFrames - within);
      const from = curve[span]!;
      const slope = (curve[span + 1]! - from) / spanFrames;
      at += end - i;
      for (let k = within; i < end; i++, k++) {
        const gain = from + slope * k;
        out.left[i] = left[i]! * gain;
        out.right[i] = right[i]! * gain;
      }
    }
    yield out;
  }
}
