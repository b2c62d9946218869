/** Eras in a prompt, and how recordings of the time sounded. */
import type { Style } from "../style.ts";
import { wants } from "./text.ts";

export interface Era {
  /** For example `1970s`. */
  readonly name: string;
  readonly words: readonly string[];
  /** The last low-pass over everything, in Hz; null leaves the style's. */
  readonly lowpass: number | null;
  readonly tape: Style["tape"] | null;
  /** Decibels on the reverb's return. */
  readonly reverb: number;
  /** Factor on the stereo positions: early recordings are narrow. */
  readonly width: number;
}

function list(text: string): string[] {
  return text.split(",").map((word) => word.trim());
}

const eras: readonly Era[] = [
  {
    name: "1920s",
    words: list(
      "20s jazz, 1920s, 1930s, twenties, thirties, roaring twenties, gramophone, speakeasy",
    ),
    lowpass: 5200,
    tape: { wowMs: 0.9, dust: 1 },
    reverb: -3,
    width: 0.2,
  },
  {
    name: "1950s",
    words: list("40s, 50s, 1940s, 1950s, forties, fifties, mono"),
    lowpass: 8000,
    tape: { wowMs: 0.5, dust: 0.4 },
    reverb: -1,
    width: 0.35,
  },
  {
    name: "1960s",
    words: list("60s, 1960s, sixties"),
    lowpass: 10_500,
    tape: { wowMs: 0.4, dust: 0.2 },
    reverb: 1,
    width: 1.3,
  },
  {
    name: "1970s",
    words: list("70s, 1970s, seventies, vintage, analog, analogue, old school, oldschool"),
    lowpass: 13_000,
    tape: { wowMs: 0.3, dust: 0.1 },
    reverb: -1.5,
    width: 1,
  },
  {
    name: "1980s",
    words: list("80s, 1980s, eighties"),
    lowpass: null,
    tape: null,
    reverb: 2.5,
    width: 1.2,
  },
  {
    name: "1990s",
    words: list("90s, 1990s, nineties, y2k"),
    lowpass: null,
    tape: null,
    reverb: -1,
    width: 1,
  },
  {
    name: "modern",
    words: list("2000s, 2010s, 2020s, modern, contemporary, futuristic, state of the art"),
    lowpass: null,
    tape: null,
    reverb: 0,
    width: 1.15,
  },
];

/** The era that the normalized text names first in time; null when it names none. */
export function readEra(text: string): Era | null {
  return eras.find((era) => era.words.some((word) => wants(text, word))) ?? null;
}

/** `style` as it would have been recorded then. */
export function inEra(style: Style, era: Era | null): Style {
  if (era === null) return style;
  const tape = style.tape ?? era.tape ?? undefined;
  const lowpass =
    era.lowpass === null ? style.lowpass : Math.min(era.lowpass, style.lowpass ?? 20_000);
  return {
    ...style,
    ...(tape === undefined ? {} : { tape }),
    ...(lowpass === undefined ? {} : { lowpass }),
    reverb: { ...style.reverb, levelDb: style.reverb.levelDb + era.reverb },
    parts: style.parts.map((part) => {
      const pan = Math.max(-0.8, Math.min(0.8, part.channel.pan * era.width));
      return { ...part, channel: { ...part.channel, pan } };
    }),
  };
}
