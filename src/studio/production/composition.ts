/** From a request to its score: the same for the run that makes the piece and for all who help it. */
import { compose } from "../compose/compose.ts";
import type { Control } from "../control.ts";
import { continued } from "../prompt/continued.ts";
import { type Interpretation, interpret } from "../prompt/interpret.ts";
import { hash32 } from "../random.ts";
import type { Score } from "../score.ts";
import type { PieceRequest } from "./produce.ts";

export interface Composition {
  readonly interpretation: Interpretation;
  readonly score: Score;
  /** What it was composed with, made of the request's seed and words. */
  readonly seed: number;
}

/** @throws Stopped when the control says so */
export function composeRequest(request: PieceRequest, control: Control): Composition {
  control.checkpoint("compose");
  const { prompt, styleTags, fields, continues: from = null } = request;
  const wording = { prompt, styleTags, ...(fields && { fields }) };
  const interpretation =
    from === null ? interpret(wording, request.seed) : continued(from, wording);
  const chain = from === null ? "" : ` after ${from.part}`;
  const seed = hash32(`${request.seed} ${prompt} ${styleTags.join(" ")}${chain}`);
  const { durationSeconds, title } = request;
  const mode = request.mode ?? "creation";
  const score = compose({ interpretation, durationSeconds, seed, title, from, mode }, control);
  control.checkpoint("composed");
  return { interpretation, score, seed };
}
