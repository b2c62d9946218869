/**
 * The instruments that a prompt can ask for or decline: their words, their General MIDI programs in our
 * SoundFont, and what they can take over in an ensemble.
 */
import type { DrumName, Part } from "../style.ts";

type Role = Part["role"];

export interface Instrument {
  readonly name: string;
  readonly words: readonly string[];
  /** The programs that count as it; a part that takes it up gets the first. */
  readonly programs: readonly number[];
  /** What it plays in an ensemble, best first. */
  readonly roles: readonly Role[];
  /** Lowest and highest note in which it sounds well. */
  readonly range: readonly [number, number];
}

function list(text: string): string[] {
  return text.split(",").map((word) => word.trim());
}

const tune: readonly Role[] = ["melody", "counter", "arpeggio"];
const chords: readonly Role[] = ["chords", "arpeggio", "melody"];
const carpet: readonly Role[] = ["pad", "counter", "chords"];

function instrument(
  name: string,
  words: string,
  programs: readonly number[],
  roles: readonly Role[],
  range: readonly [number, number],
): Instrument {
  return { name, words: [name, ...list(words)], programs, roles, range };
}

/** Longer words come first where several fit, so `electric piano` is not taken for a piano. */
export const instruments: readonly Instrument[] = [
  instrument("piano", "grand piano, upright piano, klavier", [0, 1, 3], chords, [40, 96]),
  instrument("electric piano", "rhodes, wurlitzer, e piano", [4], chords, [40, 90]),
  instrument("clavinet", "clav", [7], chords, [43, 84]),
  instrument("celesta", "celeste", [8], tune, [60, 100]),
  instrument("glockenspiel", "bells, chimes", [9], tune, [67, 100]),
  instrument("music box", "musicbox", [10], tune, [60, 96]),
  instrument("vibraphone", "vibes", [11], tune, [53, 89]),
  instrument("marimba", "xylophone", [12], tune, [48, 90]),
  instrument("tubular bells", "church bells", [14], tune, [60, 77]),
  instrument("organ", "hammond, drawbar organ", [16], ["chords", "pad", "melody"], [40, 90]),
  instrument("accordion", "bandoneon, concertina", [21], tune, [53, 89]),
  instrument("harmonica", "blues harp", [22], tune, [60, 89]),
  instrument("nylon guitar", "classical guitar, spanish guitar", [24], chords, [40, 84]),
  instrument("guitar", "acoustic guitar, guitars, guitarra, gitarre", [25, 24], chords, [40, 84]),
  instrument("jazz guitar", "archtop", [26], chords, [40, 84]),
  instrument("electric guitar", "clean guitar", [27, 28, 29], chords, [40, 86]),
  instrument("muted guitar", "palm muted guitar", [28], chords, [40, 80]),
  instrument("distorted guitar", "overdriven guitar, fuzz", [29], ["melody", "chords"], [40, 88]),
  instrument("double bass", "upright bass, acoustic bass", [32, 43], ["bass"], [28, 50]),
  instrument("electric bass", "bass guitar, fingered bass", [33, 34], ["bass"], [28, 50]),
  instrument("slap bass", "slapped bass", [36], ["bass"], [28, 50]),
  instrument("synth bass", "808 bass, sub bass", [38, 39, 87], ["bass"], [24, 50]),
  instrument("violin", "violins, fiddle, geige, violon", [40, 110], tune, [55, 96]),
  instrument("cello", "cellos, violoncello", [42], tune, [40, 74]),
  instrument("pizzicato", "pizzicato strings", [45], ["arpeggio", "chords"], [43, 90]),
  instrument("harp", "harfe, harpe", [46], ["arpeggio", "chords", "melody"], [36, 96]),
  instrument("timpani", "kettledrums", [47], ["bass", "counter"], [36, 57]),
  instrument("strings", "string section, streicher", [48, 49, 50, 51], carpet, [43, 90]),
  instrument("choir", "voices, vocal pad, choral", [52], carpet, [48, 79]),
  instrument("trumpet", "trumpets", [56], tune, [55, 84]),
  instrument("trombone", "trombones", [57], tune, [43, 72]),
  instrument("french horn", "horn", [60], tune, [46, 77]),
  instrument(
    "brass",
    "brass section, horns, horn section",
    [61, 62, 63],
    ["counter", "chords", "melody"],
    [46, 82],
  ),
  instrument("saxophone", "sax, alto sax", [65], tune, [53, 84]),
  instrument("oboe", "", [68], tune, [58, 88]),
  instrument("clarinet", "clarinets", [71], tune, [52, 88]),
  instrument("flute", "flutes, recorder, whistle, flote", [73], tune, [60, 94]),
  instrument("pan flute", "panpipes, pan pipes", [75], tune, [60, 92]),
  instrument("synth lead", "lead synth, synthesizer, synth", [81, 80, 62, 86, 90], tune, [52, 92]),
  instrument("synth pad", "pads, warm pad", [89, 88, 95, 92, 97], carpet, [48, 84]),
  instrument("sitar", "", [104], tune, [50, 79]),
  instrument("banjo", "", [105], chords, [48, 84]),
  instrument("kalimba", "thumb piano, mbira", [108], tune, [55, 88]),
  instrument("steel drums", "steel pan, steelpan", [114], tune, [58, 86]),
];

/** Drum kits that can be asked for by name. */
export const kits: readonly (readonly [name: string, words: readonly string[], kit: number])[] = [
  ["brushes", ["brushes", "brushed drums", "brush drums"], 40],
  ["808", ["808", "808s", "tr 808", "drum machine"], 25],
  ["electronic drums", ["electronic drums", "electronic beat", "electro drums"], 24],
  ["acoustic drums", ["acoustic drums", "live drums", "real drums", "drum kit"], 0],
  ["orchestral percussion", ["orchestral percussion", "taiko", "taikos"], 48],
];

export const drumWords = list("drums, drum, drum kit, percussion, beat, beats, drumming");

/** Words for single drums, with what they are in a groove. */
export const drumVoices: readonly (readonly [words: readonly string[], voices: DrumName[]])[] = [
  [
    ["cymbals", "cymbal"],
    ["crash", "ride", "bell", "open"],
  ],
  [
    ["hi hats", "hi hat", "hihats", "hihat", "hats"],
    ["hat", "open", "pedal"],
  ],
  [
    ["snare", "snares"],
    ["snare", "rim"],
  ],
  [["claps", "clap", "handclaps"], ["clap"]],
  [
    ["kick", "kick drum", "bass drum"],
    ["kick", "bassDrum"],
  ],
  [
    ["shaker", "shakers", "maracas"],
    ["shaker", "cabasa"],
  ],
  [
    ["toms", "tom toms"],
    ["lowTom", "midTom", "highTom"],
  ],
  [
    ["congas", "conga", "bongos"],
    ["conga", "lowConga", "mutedConga", "highBongo", "lowBongo"],
  ],
];

/** Groups that a prompt may decline as a whole, by the names of their instruments. */
export const groups: Readonly<Record<string, readonly string[]>> = {
  guitars: ["guitar", "nylon guitar", "electric guitar", "jazz guitar", "muted guitar"],
  guitar: ["nylon guitar", "electric guitar", "jazz guitar", "muted guitar", "distorted guitar"],
  synths: ["synth lead", "synth pad", "synth bass"],
  synthesizers: ["synth lead", "synth pad", "synth bass"],
  piano: ["electric piano"],
  strings: ["violin", "cello", "pizzicato"],
  brass: ["trumpet", "trombone", "french horn"],
  woodwinds: ["flute", "clarinet", "oboe", "saxophone", "pan flute"],
  keyboards: ["piano", "electric piano", "organ", "clavinet"],
};

/** What plays instead where a prompt declines all that a style has for a role it cannot do without. */
export const substitutes: readonly string[] = [
  "piano",
  "electric piano",
  "guitar",
  "synth lead",
  "flute",
  "vibraphone",
  "strings",
];

/** The instrument of a program, for people; null for one that has no name here. */
export function nameOfProgram(program: number): string | null {
  return instruments.find(({ programs }) => programs.includes(program))?.name ?? null;
}
