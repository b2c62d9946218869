/** Voice leading: each chord is laid out so that the voices move as little as they can. */
import { type Chord, modulo } from "./theory.ts";

const mostVoices = 4;

/** The tones to sound: a chord of five leaves its root to the bass. */
function voicedTones(chord: Chord): readonly number[] {
  return chord.tones.length > mostVoices ? chord.tones.slice(1) : chord.tones;
}

/** The tones in close position upwards from the first at or above `bottom`, starting with tone `first`. */
function closePosition(tones: readonly number[], first: number, bottom: number): number[] {
  const notes: number[] = [];
  let floor = bottom;
  for (let i = 0; i < tones.length; i++) {
    const tone = tones[(first + i) % tones.length]!;
    const note = floor + modulo(tone - floor, 12);
    notes.push(note);
    floor = note + 1;
  }
  return notes;
}

function candidates(chord: Chord, [low, high]: readonly [number, number]): number[][] {
  const tones = [...voicedTones(chord)].sort((a, b) => a - b);
  const found: number[][] = [];
  for (let first = 0; first < tones.length; first++) {
    for (let bottom = low; bottom < low + 24; bottom += 12) {
      const close = closePosition(tones, first, bottom);
      if (close.at(-1)! <= high) found.push(close);
    }
  }
  return found.length > 0 ? found : [closePosition(tones, 0, low)];
}

/** Makes a chord that is held over take another position rather than repeat itself. */
const repetition = 12;

/** How far the voices move in all, plus a little for straying from the middle of the range. */
function cost(notes: number[], previous: readonly number[], middle: number): number {
  const centre = notes.reduce((sum, note) => sum + note, 0) / notes.length;
  const stray = Math.abs(centre - middle);
  if (previous.length === 0) return stray;
  const moves = notes.map((note) => Math.min(...previous.map((old) => Math.abs(note - old))));
  const moved = moves.reduce((sum, move) => sum + move, 0);
  return (moved === 0 ? repetition : moved) + stray * 0.3;
}

/** The notes of `chord` within `range`, rising, led from those of the chord before (or from none). */
export function voice(
  chord: Chord,
  range: readonly [number, number],
  previous: readonly number[],
): number[] {
  const middle = (range[0] + range[1]) / 2;
  let best: number[] = [];
  let least = Number.POSITIVE_INFINITY;
  for (const notes of candidates(chord, range)) {
    const price = cost(notes, previous, middle);
    if (price < least) {
      least = price;
      best = notes;
    }
  }
  return best;
}
