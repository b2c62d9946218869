/** The rule against imitating an artist by name, over the data of `artists.ts`. */
import type { GenerationRequest } from "../generations/engine.ts";
import {
  ambiguousArtists,
  artists,
  closers,
  fillers,
  imitations,
  imitationsAfter,
} from "./artists.ts";
import { placesOf, wordsOf } from "./words.ts";

const split = (phrase: string) => wordsOf(phrase);
const before = imitations.map(split);
const after = imitationsAfter.map(split);
const clear = artists.map(split);
const ambiguous = ambiguousArtists.map(split);
const filler = new Set(fillers);
const closer = new Set(closers);

/** The artist whose imitation is asked for, as the list has the name; null when there is none. */
export function imitatedArtist({ prompt, title, styleTags }: GenerationRequest): string | null {
  const texts = [prompt, title ?? ""].map(wordsOf);
  const tags = styleTags.map(wordsOf);
  const named = clear.find(
    (name) =>
      texts.some((words) => isImitated(name, words)) || tags.some((tag) => isTag(name, tag)),
  );
  const found = named ?? ambiguous.find((name) => texts.some((words) => isMeant(name, words)));
  return found?.join(" ") ?? null;
}

/** A style that is nothing but the name, or asks for its imitation. */
function isTag(name: readonly string[], tag: readonly string[]): boolean {
  return tag.join(" ") === name.join(" ") || isImitated(name, tag);
}

function isImitated(name: readonly string[], words: readonly string[]): boolean {
  return placesOf(name, words).some((at) => {
    return isAskedBefore(words, at) || isAskedAfter(words, at + name.length);
  });
}

/** For a name that is a word, too: asked for before, and nothing follows that makes it something else. */
function isMeant(name: readonly string[], words: readonly string[]): boolean {
  return placesOf(name, words).some((at) => {
    const next = words[at + name.length];
    return isAskedBefore(words, at) && (next === undefined || closer.has(next));
  });
}

function isAskedBefore(words: readonly string[], at: number): boolean {
  let end = at;
  while (end > 0 && filler.has(words[end - 1] ?? "")) end -= 1;
  // A filler may be part of the phrase: `a song by` before `the beatles` ends where it ends.
  for (let stop = at; stop >= end; stop--) {
    if (before.some((phrase) => endsAt(phrase, words, stop))) return true;
  }
  return false;
}

function endsAt(phrase: readonly string[], words: readonly string[], stop: number): boolean {
  const start = stop - phrase.length;
  return start >= 0 && phrase.every((word, n) => words[start + n] === word);
}

function isAskedAfter(words: readonly string[], at: number): boolean {
  const start = words[at] === "s" ? at + 1 : at;
  return after.some((phrase) => phrase.every((word, n) => words[start + n] === word));
}
