/** The score: everything that will sound, in seconds; what the composer makes and the renderer plays. */
import type { Metre } from "./metre.ts";
import type { Channel, Mode, SectionKind, Style } from "./style.ts";

export interface Key {
  /** For example `F#` or `Bb`. */
  readonly tonic: string;
  readonly mode: Mode;
}

export interface NoteEvent {
  /** Index into the score's parts. */
  readonly part: number;
  /** Seconds from the beginning of the piece. */
  readonly start: number;
  readonly duration: number;
  /** MIDI note number; for drums, the General MIDI key. */
  readonly pitch: number;
  /** 1 to 127. */
  readonly velocity: number;
}

/** Four-bar phrases make sections, sections make the form. */
export interface Section {
  readonly kind: SectionKind;
  /** How often this kind has come before. */
  readonly occurrence: number;
  readonly firstBar: number;
  readonly bars: number;
  /** 0 silent to 1 everything. */
  readonly energy: number;
}

export interface ScorePart {
  readonly role: string;
  readonly isDrums: boolean;
  readonly channel: Channel;
}

export interface Score {
  readonly title: string;
  readonly style: Style;
  /** Beats a minute. */
  readonly tempo: number;
  readonly key: Key;
  readonly metre: Metre;
  readonly durationSeconds: number;
  /** When the last chord begins, in seconds. */
  readonly endingAt: number;
  readonly barSeconds: number;
  readonly sections: readonly Section[];
  readonly parts: readonly ScorePart[];
  /** By start, then part, then pitch. */
  readonly notes: readonly NoteEvent[];
  /** When the render's chunks end, in seconds: about every four bars, the last at the piece's end. */
  readonly chunkEnds: readonly number[];
  /** When the segments end, in seconds, the last with the piece; none unless made in segments. */
  readonly segmentEnds: readonly number[];
}
