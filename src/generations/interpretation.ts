/** What an engine understood of a request: shown on the job, so that nobody has to guess. */

/** `choice`: the request left it open, and the engine chose by the seed. */
export type InterpretationSource = "field" | "tags" | "prompt" | "choice";

/** Null and empty where the engine does not know. */
export interface Interpretation {
  /** A short stable word, for example `lofi`. */
  readonly style: string | null;
  /** For people. */
  readonly styleName: string | null;
  readonly mood: string | null;
  readonly energy: string | null;
  /** For example `1970s`. */
  readonly era: string | null;
  /** Beats a minute, as played. */
  readonly tempo: number | null;
  /** For example `D` or `Bb`. */
  readonly tonic: string | null;
  /** For example `minor` or `dorian`. */
  readonly mode: string | null;
  /** For example `4/4`. */
  readonly metre: string | null;
  readonly instruments: readonly string[];
  readonly wantedInstruments: readonly string[];
  readonly unwantedInstruments: readonly string[];
  /** From the beginning to the end. */
  readonly sections: readonly Section[];
  /** Of the values above, by their names. */
  readonly sources: Readonly<Partial<Record<SourcedField, InterpretationSource>>>;
}

export type SourcedField =
  | "style"
  | "mood"
  | "energy"
  | "era"
  | "tempo"
  | "tonic"
  | "mode"
  | "metre";

export interface Section {
  /** For example `intro` or `chorus`. */
  readonly kind: string;
  readonly startSeconds: number;
  readonly durationSeconds: number;
}
