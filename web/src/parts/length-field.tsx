/** The length of the piece: a slider for the hand, and the exact seconds for the keyboard. */
import type { Problem } from "../connection/errors.ts";
import { clockText } from "../studio/words.ts";
import { FieldError } from "./field-error.tsx";

interface LengthFieldProps {
  readonly seconds: number;
  /** The engine's longest piece, in seconds. */
  readonly most: number;
  readonly refusal: Problem | null;
  readonly onChange: (seconds: number) => void;
}

/**
 * Short pieces are asked for more often than long ones: the slider is finer there.
 * @returns lengths in seconds, from 5 to `most`
 */
function stops(most: number): number[] {
  const all = [];
  for (let at = 5; at < most; at += at < 60 ? 5 : at < 300 ? 15 : 60) all.push(at);
  return [...all, most];
}

export function LengthField({ seconds, most, refusal, onChange }: LengthFieldProps) {
  const lengths = stops(most);
  const clamped = Math.min(seconds, most);
  const found = lengths.findIndex((each) => each >= clamped);
  const index = found < 0 ? lengths.length - 1 : found;
  return (
    <div class="field length">
      <label for="length">Length</label>
      <input
        id="length"
        type="range"
        min={0}
        max={lengths.length - 1}
        value={index}
        aria-valuetext={clockText(clamped)}
        onInput={(event) => onChange(lengths[Number(event.currentTarget.value)] ?? most)}
      />
      <output for="length">{clockText(clamped)}</output>
      <FieldError id="length-error" field="duration_seconds" problem={refusal} />
    </div>
  );
}
