/** Instruments in a prompt: which are wanted, which are not, and an ensemble that agrees with both. */
import type { DrumName, DrumPart, Groove, Part, Style } from "../style.ts";
import { styles } from "../styles.ts";
import {
  drumVoices,
  drumWords,
  groups,
  type Instrument,
  instruments,
  kits,
  substitutes,
} from "./instrument-table.ts";
import { withProgram } from "./program-loudness.ts";
import { declines, mentions, wants } from "./text.ts";

/** Threshold of energy for a part that the prompt asks for: it plays in almost every section. */
const wantedEnters = 0.3;

export interface InstrumentWish {
  readonly wanted: readonly Instrument[];
  /** Programs that must not sound. */
  readonly declined: ReadonlySet<number>;
  readonly declinedRoles: ReadonlySet<Part["role"]>;
  readonly declinedDrums: ReadonlySet<DrumName>;
  /** A drum kit by name, or null. */
  readonly kit: (typeof kits)[number] | null;
  readonly wantsDrums: boolean;
  /** One instrument that plays alone, or null. */
  readonly solo: Instrument | null;
  /** The names of what is declined, for people. */
  readonly unwanted: readonly string[];
}

/** What a text asks for that names no instrument. */
export const nothingAsked: InstrumentWish = {
  wanted: [],
  declined: new Set(),
  declinedRoles: new Set(),
  declinedDrums: new Set(),
  kit: null,
  wantsDrums: false,
  solo: null,
  unwanted: [],
};

/** The words of `text` without those that stand inside a longer name: no `guitar` in `jazz guitar`. */
function namedIn(text: string): Instrument[] {
  const named = instruments.flatMap((instrument) =>
    instrument.words.filter((word) => word !== "").map((word) => ({ instrument, word })),
  );
  named.sort((a, b) => b.word.length - a.word.length);
  let rest = text;
  const found: { instrument: Instrument; at: number }[] = [];
  for (const { instrument, word } of named) {
    if (!wants(text, word) || !mentions(rest, word)) continue;
    const at = rest.indexOf(` ${word} `);
    rest = rest.replaceAll(` ${word} `, ` ${"_".repeat(word.length)} `);
    if (!found.some((other) => other.instrument === instrument)) found.push({ instrument, at });
  }
  return found.sort((a, b) => a.at - b.at).map(({ instrument }) => instrument);
}

function declinedIn(text: string): Set<Instrument> {
  const named = instruments.filter(({ words }) => words.some((word) => declines(text, word)));
  const grouped = Object.keys(groups)
    .filter((word) => declines(text, word))
    .flatMap((word) => groups[word]!);
  return new Set([...named, ...instruments.filter(({ name }) => grouped.includes(name))]);
}

function rolesDeclined(text: string): Set<Part["role"]> {
  const roles = new Set<Part["role"]>();
  if (drumWords.some((word) => declines(text, word))) roles.add("drums");
  if (["drumless", "beatless"].some((word) => mentions(text, word))) roles.add("drums");
  if (declines(text, "bass")) roles.add("bass");
  if (declines(text, "melody") || declines(text, "lead")) roles.add("melody");
  for (const word of ["pad", "pads"]) if (declines(text, word)) roles.add("pad");
  for (const word of ["arpeggio", "arpeggios"]) if (declines(text, word)) roles.add("arpeggio");
  return roles;
}

/** What the normalized `text` says of instruments. */
export function readInstruments(text: string): InstrumentWish {
  const wanted = namedIn(text);
  const unwanted = declinedIn(text);
  const roles = rolesDeclined(text);
  const drums = drumVoices.filter(([words]) => words.some((word) => declines(text, word)));
  const keep = new Set(wanted.flatMap(({ programs }) => programs));
  const programs = [...unwanted].flatMap((instrument) => instrument.programs);
  const solo = wanted.find(({ words }) =>
    words.some(
      (word) =>
        mentions(text, `solo ${word}`) ||
        mentions(text, `only ${word}`) ||
        mentions(text, `${word} only`),
    ),
  );
  return {
    wanted,
    declined: new Set(programs.filter((program) => !keep.has(program))),
    declinedRoles: roles,
    declinedDrums: new Set(drums.flatMap(([, voices]) => voices)),
    kit: kits.find(([, words]) => words.some((word) => wants(text, word))) ?? null,
    wantsDrums: drumWords.some((word) => wants(text, word)),
    solo: solo ?? null,
    unwanted: [
      ...roles,
      ...[...unwanted].map(({ name }) => name),
      ...drums.map(([words]) => words[0]!),
    ],
  };
}

/** `part` played by `instrument`, moved by octaves to where it sounds well. */
function given(part: Part, instrument: Instrument): Part {
  const channel = withProgram(part.channel, instrument.programs[0]!);
  if (part.role === "drums") return { ...part, channel };
  const [low, high] = part.range;
  const [lowest, highest] = instrument.range;
  let shift = 0;
  while (low + shift < lowest && high + shift + 12 <= highest) shift += 12;
  while (high + shift > highest && low + shift - 12 >= lowest) shift -= 12;
  return { ...part, channel, range: [low + shift, high + shift] };
}

/** A part that plays wherever its ensemble does more than whisper. */
function present(part: Part): Part {
  return { ...part, enters: Math.min(part.enters, wantedEnters), rests: [] };
}

/** A part of the role from the style that is nearest in tempo. */
function borrowed(role: Part["role"], style: Style): Part | null {
  const middle = ([low, high]: readonly [number, number]) => (low + high) / 2;
  const lenders = styles
    .filter((other) => (other.metre ?? "4/4") === (style.metre ?? "4/4"))
    .sort(
      (a, b) =>
        Math.abs(middle(a.tempo) - middle(style.tempo)) -
        Math.abs(middle(b.tempo) - middle(style.tempo)),
    );
  const parts = lenders.flatMap((other) => other.parts);
  return parts.find((part) => part.role === role) ?? null;
}

/** Gives each wanted instrument a part: one that it has, one that it takes over, or a new one. */
function withWanted(parts: readonly Part[], wish: InstrumentWish, style: Style): Part[] {
  const result = [...parts];
  const taken = new Set<number>();
  const isFree = (part: Part, index: number) => part.role !== "drums" && !taken.has(index);
  const tunes = wish.wanted.filter(({ roles }) => roles[0] === "melody");
  for (const instrument of wish.wanted) {
    const isOnlyTune = tunes.length === 1 && tunes[0] === instrument;
    const own = result.findIndex(
      (part, index) => isFree(part, index) && instrument.programs.includes(part.channel.program),
    );
    const roles = instrument.roles.map((role) =>
      result.findIndex((part, index) => isFree(part, index) && part.role === role),
    );
    const at = own >= 0 && !isOnlyTune ? own : (roles.find((index) => index >= 0) ?? -1);
    const loan = at < 0 ? borrowed(instrument.roles[0]!, style) : result[at]!;
    if (loan === null) continue;
    const place = at < 0 ? result.length : at;
    result[place] = own === at && at >= 0 ? present(loan) : present(given(loan, instrument));
    taken.add(place);
    if (!isOnlyTune || result[place].role !== "melody") continue;
    result.forEach((part, index) => {
      if (part.role === "melody" && index !== place) result[index] = given(part, instrument);
    });
  }
  return result;
}

/** Without what is declined; a tune or chords that would be gone altogether get another instrument. */
function withoutDeclined(parts: readonly Part[], wish: InstrumentWish): Part[] {
  const allowed = parts.filter((part) => !wish.declinedRoles.has(part.role));
  const isBad = (part: Part) => part.role !== "drums" && wish.declined.has(part.channel.program);
  const substitute = instruments.find(
    ({ name, programs }) => substitutes.includes(name) && !wish.declined.has(programs[0]!),
  );
  return allowed.flatMap((part) => {
    if (!isBad(part)) return [part];
    const others = allowed.some((other) => other.role === part.role && !isBad(other));
    const isNeeded = part.role === "melody" || part.role === "chords" || part.role === "bass";
    if (others || !isNeeded || substitute === undefined) return [];
    return [given(part, substitute)];
  });
}

function withDrums(parts: readonly Part[], wish: InstrumentWish, style: Style): Part[] {
  if (wish.declinedRoles.has("drums")) return [...parts];
  const has = parts.some((part) => part.role === "drums");
  const asks = wish.wantsDrums || wish.kit !== null;
  const loan = !has && asks ? borrowed("drums", style) : null;
  const all = loan === null ? parts : [...parts, present(loan)];
  return all.map((part) => {
    if (part.role !== "drums") return part;
    const kit =
      wish.kit === null ? part : { ...part, channel: { ...part.channel, program: wish.kit[2] } };
    return withoutVoices(kit, wish.declinedDrums);
  });
}

function withoutVoices(part: Part, declined: ReadonlySet<DrumName>): Part {
  if (part.role !== "drums" || declined.size === 0) return part;
  const thin = (groove: Groove): Groove =>
    Object.fromEntries(
      Object.entries(groove).filter(([name]) => !declined.has(name as DrumName)),
    ) as Groove;
  const drums: DrumPart = {
    ...part,
    crash: part.crash !== null && declined.has(part.crash) ? null : part.crash,
    calm: part.calm.map(thin),
    full: part.full.map(thin),
    fills: part.fills.map(thin),
  };
  return drums;
}

/** Everything on one instrument, without drums and long carpets of sound. */
function alone(parts: readonly Part[], instrument: Instrument): Part[] {
  const kept = parts.filter(({ role }) => role !== "drums" && role !== "pad");
  return (kept.length > 0 ? kept : parts).map((part) =>
    given(part, { ...instrument, range: [21, 108] }),
  );
}

/** The style's ensemble as the prompt wants it; at least one part always stays. */
export function ensemble(style: Style, wish: InstrumentWish): readonly Part[] {
  const parts =
    wish.solo !== null
      ? alone(style.parts, wish.solo)
      : withDrums(withWanted(withoutDeclined(style.parts, wish), wish, style), wish, style);
  return parts.length > 0 ? parts : style.parts;
}
