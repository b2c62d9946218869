/**
 * The score as a Standard MIDI File, format 1 (MMA, "Standard MIDI Files 1.0"): a track with tempo,
 * metre, key and section markers, then one for each part, with the instruments that were heard.
 */
import { Scale } from "tonal";
import { isMajor } from "../compose/theory.ts";
import { nameOfProgram } from "../prompt/instrument-table.ts";
import { channelsOf } from "../render/synthesize.ts";
import type { NoteEvent, Score, ScorePart } from "../score.ts";

const ticksPerQuarter = 480;

interface Event {
  readonly tick: number;
  readonly bytes: readonly number[];
}

/** A number of seven bits a byte, the highest first. */
function variableLength(value: number): number[] {
  const bytes = [value & 0x7f];
  for (let rest = value >> 7; rest > 0; rest >>= 7) bytes.unshift((rest & 0x7f) | 0x80);
  return bytes;
}

function meta(tick: number, type: number, body: readonly number[]): Event {
  return { tick, bytes: [0xff, type, ...variableLength(body.length), ...body] };
}

function text(tick: number, type: number, value: string): Event {
  return meta(tick, type, [...Buffer.from(value, "utf8")]);
}

function chunk(id: string, body: Uint8Array): Buffer {
  const head = Buffer.from(`${id}....`, "latin1");
  head.writeUInt32BE(body.length, 4);
  return Buffer.concat([head, body]);
}

/** Events in time; of those at the same tick, in the order given. */
function track(events: readonly Event[], end: number): Buffer {
  const ordered = [...events].sort((a, b) => a.tick - b.tick);
  let at = 0;
  const bytes = [...ordered, meta(end, 0x2f, [])].flatMap((event) => {
    const delta = variableLength(event.tick - at);
    at = event.tick;
    return [...delta, ...event.bytes];
  });
  return chunk("MTrk", Uint8Array.from(bytes));
}

/** Sharps of the key's signature; flats are negative. */
function signature({ key }: Score): number {
  const names = Scale.get(`${key.tonic} ${key.mode}`).notes.join("");
  return names.split("#").length - names.split("b").length;
}

function conductor(score: Score, quarterSeconds: number, tickOf: (s: number) => number): Event[] {
  const microseconds = Math.round(quarterSeconds * 1e6);
  const [beats, unit] = score.metre.name.split("/").map(Number) as [number, number];
  const grid = score.endingAt - score.barSeconds * score.sections.reduce((n, s) => n + s.bars, 0);
  const markers = score.sections.map(({ kind, firstBar }) =>
    text(tickOf(Math.max(0, grid + firstBar * score.barSeconds)), 0x06, kind),
  );
  return [
    text(0, 0x03, score.title),
    meta(0, 0x51, [microseconds >> 16, (microseconds >> 8) & 0xff, microseconds & 0xff]),
    meta(0, 0x58, [beats, Math.log2(unit), 24, 8]),
    meta(0, 0x59, [signature(score) & 0xff, isMajor(score.key) ? 0 : 1]),
    ...markers,
  ];
}

function setUp({ isDrums, role, channel }: ScorePart, midiChannel: number): Event[] {
  const pan = Math.round(64 + channel.pan * 63);
  const name = isDrums ? "drums" : `${role}: ${nameOfProgram(channel.program) ?? channel.program}`;
  return [
    text(0, 0x03, name),
    { tick: 0, bytes: [0xc0 | midiChannel, channel.program] },
    { tick: 0, bytes: [0xb0 | midiChannel, 7, 110] },
    { tick: 0, bytes: [0xb0 | midiChannel, 10, pan] },
  ];
}

/** Key up before key down at the same tick, so that a repeated note is not cut at once. */
function keys(notes: readonly NoteEvent[], channel: number, tickOf: (s: number) => number) {
  const events = notes.flatMap(({ start, duration, pitch, velocity }): Event[] => {
    const from = tickOf(start);
    const to = Math.max(from + 1, tickOf(start + duration));
    return [
      { tick: from, bytes: [0x90 | channel, pitch, velocity] },
      { tick: to, bytes: [0x80 | channel, pitch, 0] },
    ];
  });
  return events.sort((a, b) => a.tick - b.tick || a.bytes[0]! - b.bytes[0]!);
}

/** The file's bytes: the notes as performed, to the nearest tick (about a millisecond). */
export function midiFile(score: Score): Uint8Array {
  const quarterSeconds = (60 / score.tempo) * (4 / score.metre.beatSteps);
  const tickOf = (seconds: number) => Math.round((seconds / quarterSeconds) * ticksPerQuarter);
  const end = tickOf(score.durationSeconds);
  const channels = channelsOf(score);
  const parts = score.parts.map((part, index) => {
    const own = score.notes.filter((note) => note.part === index);
    const channel = channels[index]!;
    return track([...setUp(part, channel), ...keys(own, channel, tickOf)], end);
  });
  const header = Buffer.alloc(6);
  header.writeUInt16BE(1, 0);
  header.writeUInt16BE(parts.length + 1, 2);
  header.writeUInt16BE(ticksPerQuarter, 4);
  const first = track(conductor(score, quarterSeconds, tickOf), end);
  return Buffer.concat([chunk("MThd", header), first, ...parts]);
}
