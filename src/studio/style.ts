/**
 * What a style is: data only, one file each in `styles/`. It says which words call for it, how fast
 * and in which modes it goes, its chord progressions, who plays what, and how it is mixed.
 *
 * Figures are strings of one character for each sixteenth of one bar or several (16 each in 4/4, 12 in
 * 3/4, 24 in 6/8, see `metre.ts`); spaces may group them. `-` holds the note before it, `.` rests. What else a character means is said with
 * each kind of part.
 */
import type { EchoSettings } from "./dsp/echo.ts";
import type { ReverbSettings } from "./dsp/reverb.ts";
import type { TapeSettings } from "./dsp/tape.ts";
import type { MetreName } from "./metre.ts";

export const modes = ["ionian", "dorian", "phrygian", "lydian", "mixolydian", "aeolian"] as const;
export type Mode = (typeof modes)[number];

export type SectionKind = "intro" | "verse" | "chorus" | "bridge" | "outro";

/** Figures for quiet and for full sections; each section chooses one of a list by the seed. */
export interface Figures {
  readonly calm: readonly string[];
  readonly full: readonly string[];
}

/** How a part sits in the mix. */
export interface Channel {
  /** General MIDI program from 0; for drums, the GS kit. */
  readonly program: number;
  readonly levelDb: number;
  /** −1 left to 1 right. */
  readonly pan: number;
  /** How much goes to the reverb and to the echo, as an amplitude. */
  readonly reverb: number;
  readonly echo?: number;
  /** Corner frequencies in Hz. */
  readonly highpass?: number;
  readonly lowpass?: number;
  /** Decibels of a shelf above 4 kHz. */
  readonly treble?: number;
  /** Soft saturation: the amplitude going in, from 1. */
  readonly drive?: number;
  /** Pseudo-stereo, from 0 to 1. */
  readonly width?: number;
  /** How far each kick drum pushes the part down, from 0 to 1. */
  readonly duck?: number;
}

interface PartBase {
  readonly channel: Channel;
  /** It plays in sections with at least this energy. */
  readonly enters: number;
  /** Sections where it is silent whatever the energy. */
  readonly rests?: readonly SectionKind[];
  /** Spread of timing, in milliseconds. */
  readonly loose: number;
}

/** Chords: `X` accented, `x` normal, `o` soft; `0` to `5` a single note of the voicing, counted upwards. */
export interface HarmonyPart extends PartBase {
  readonly role: "chords" | "pad" | "arpeggio";
  /** The lowest and highest note. */
  readonly range: readonly [number, number];
  readonly figures: Figures;
  /** Time between the notes of a chord, in milliseconds: a strum. */
  readonly strumMs?: number;
}

/**
 * Bass: `R` root, `O` the octave above, `5` fifth, `3` third, `7` seventh, `w` a scale step towards the
 * next root, `a` the note just before it.
 */
export interface BassPart extends PartBase {
  readonly role: "bass";
  readonly range: readonly [number, number];
  readonly figures: Figures;
}

/** A tune; figures give its rhythms (`x`), from which each piece makes its motifs. */
export interface MelodyPart extends PartBase {
  readonly role: "melody" | "counter";
  readonly range: readonly [number, number];
  readonly figures: Figures;
  /** Average size of a melodic step, about 1 (smooth) to 2 (leaping). */
  readonly leap: number;
  /** Sounding part of a note's time, 0.5 (detached) to 1.05 (legato). */
  readonly legato: number;
}

export const drumKeys = {
  kick: 36,
  snare: 38,
  rim: 37,
  clap: 39,
  hat: 42,
  pedal: 44,
  open: 46,
  ride: 51,
  bell: 53,
  crash: 49,
  shaker: 70,
  tambourine: 54,
  lowTom: 45,
  midTom: 47,
  highTom: 50,
  bassDrum: 35,
  cabasa: 69,
  cowbell: 56,
  highBongo: 60,
  lowBongo: 61,
  mutedConga: 62,
  conga: 63,
  lowConga: 64,
  timbale: 65,
  agogo: 67,
  claves: 75,
  woodblock: 76,
  triangle: 81,
} as const;
export type DrumName = keyof typeof drumKeys;

/** One bar (or two) of drums: `X` accented, `x` normal, `o` soft. */
export type Groove = Readonly<Partial<Record<DrumName, string>>>;

export interface DrumPart extends PartBase {
  readonly role: "drums";
  readonly calm: readonly Groove[];
  readonly full: readonly Groove[];
  /** What ends a section: the second half of its last bar is taken from one of these. */
  readonly fills: readonly Groove[];
  /** Struck where a full section begins, and with the last chord. */
  readonly crash: DrumName | null;
}

export type Part = HarmonyPart | BassPart | MelodyPart | DrumPart;

/**
 * Progressions as chords separated by spaces, one a bar (`4+5`: half a bar each). A chord is a degree
 * of the mode with what is special about it: `b7` a borrowed degree, `5M` major, `4m` minor, `57` a
 * dominant seventh, `5s` suspended fourth, `2d` diminished.
 */
export interface Progressions {
  readonly verse: readonly string[];
  readonly chorus: readonly string[];
  readonly bridge: readonly string[];
  /** The two bars before the last chord. */
  readonly cadence: string;
}

export interface Style {
  /** The key that clients may name, for example `lofi`. */
  readonly key: string;
  /** For people, and the genre written into the file. */
  readonly name: string;
  /** Words and phrases, in lower case, that call for it, with their weights. */
  readonly words: Readonly<Record<string, number>>;
  /** In which its figures are written, and which it has when the prompt names none. */
  readonly metre?: MetreName;
  /** Beats a minute when the prompt names none. */
  readonly tempo: readonly [number, number];
  readonly modes: readonly (readonly [Mode, number])[];
  /** Which diatonic chords are built. */
  readonly chords: "triads" | "sevenths" | "ninths";
  readonly progressions: { readonly major: Progressions; readonly minor: Progressions };
  /** Where the second of two notes falls, 0.5 straight to 0.67 triplets; `unit` in sixteenths. */
  readonly swing: { readonly unit: 1 | 2; readonly ratio: number };
  readonly parts: readonly Part[];
  /** Energies of the kinds of sections, 0 to 1. */
  readonly energy: Readonly<Record<SectionKind, number>>;
  /** How long the last chord rings, 1 being about three seconds. */
  readonly ring: number;
  readonly reverb: ReverbSettings & { readonly levelDb: number };
  /** The echo's time is given in beats. */
  readonly echo: Omit<EchoSettings, "seconds"> & {
    readonly beats: number;
    readonly levelDb: number;
  };
  readonly tape?: TapeSettings;
  /** A last low-pass over everything, in Hz. */
  readonly lowpass?: number;
  /** Words that titles are made of. */
  readonly titles: { readonly first: readonly string[]; readonly second: readonly string[] };
}
