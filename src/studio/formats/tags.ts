/** What every file says of its music. */
import { isMajor } from "../compose/theory.ts";
import type { Score } from "../score.ts";

export interface Tags {
  readonly title: string;
  /** Beats a minute. */
  readonly tempo: number;
  /** The tonic, with `m` when the third is minor, as in ID3. */
  readonly key: string;
  readonly genre: string;
  readonly seconds: number;
}

/** What made the file, for people who look into it. */
export const software = "music-generations studio";

export function tagsOf({ title, tempo, key, style, durationSeconds }: Score): Tags {
  return {
    title: title.replaceAll("\0", " "),
    tempo,
    key: key.tonic + (isMajor(key) ? "" : "m"),
    genre: style.name,
    seconds: durationSeconds,
  };
}
