/**
 * The rule against protected lyrics that are given as `lyrics`, by fingerprints of works: hashes of each six words
 * that follow one another (the idea is Broder's shingles, 1997), so that the list holds no text of anybody's.
 *
 * None comes with the service. Whoever holds the rights, or has a licence, makes the fingerprints from the text:
 *
 * ```
 * node src/policy/fingerprint.ts "Title, author" < lyrics.txt >> protected.jsonl
 * ```
 *
 * One line is `{"work": "Title, author", "prints": ["0123456789abcdef", …]}`.
 */
import { createHash } from "node:crypto";
import { z } from "zod";
import type { GenerationRequest } from "../generations/engine.ts";
import { allowed, type Policy } from "../generations/policy.ts";
import { wordsOf } from "./words.ts";

const wordsOfPrint = 6;
/** A print of fewer different words is no one's: "la la la", "oh yeah oh yeah". */
const fewestWords = 4;
/** Prints of one work that a text may have in common: that is a quotation of nine words in a row, or so. */
const mostCommon = 3;

const workShape = z.object({
  work: z.string().min(1).max(200),
  prints: z.array(z.string().regex(/^[0-9a-f]{16}$/)).min(1),
});

export interface ProtectedWork {
  readonly work: string;
  /** 64 bits each, in hexadecimal. */
  readonly prints: readonly string[];
}

/** The fingerprints of a text, each once. */
export function printsOf(text: string): string[] {
  const words = wordsOf(text);
  const runs = words.map((_, at) => words.slice(at, at + wordsOfPrint));
  const telling = runs.filter(
    (run) => run.length === wordsOfPrint && new Set(run).size >= fewestWords,
  );
  return [...new Set(telling.map(printOf))];
}

function printOf(words: readonly string[]): string {
  return createHash("sha256").update(words.join(" ")).digest("hex").slice(0, 16);
}

/**
 * The works of a list, one a line.
 * @throws Error that names the line which is none
 */
export function readWorks(text: string): ProtectedWork[] {
  return text.split("\n").flatMap((line, n) => {
    if (line.trim() === "") return [];
    try {
      return [workShape.parse(JSON.parse(line))];
    } catch (cause) {
      throw new Error(`line ${n + 1} is no work with its fingerprints`, { cause });
    }
  });
}

/** Refuses lyrics that have more in common with one of the works than a short quotation. */
export function lyricsPolicy(works: readonly ProtectedWork[]): Policy {
  const worksOf = new Map<string, number[]>();
  for (const [n, { prints }] of works.entries()) {
    for (const print of new Set(prints)) worksOf.set(print, [...(worksOf.get(print) ?? []), n]);
  }
  const found = ({ lyrics }: GenerationRequest): ProtectedWork | undefined => {
    const common = new Map<number, number>();
    for (const print of printsOf(lyrics ?? "")) {
      for (const n of worksOf.get(print) ?? []) common.set(n, (common.get(n) ?? 0) + 1);
    }
    const [n] = [...common].find(([, count]) => count > mostCommon) ?? [];
    return n === undefined ? undefined : works[n];
  };
  return {
    async decide(request) {
      const work = found(request);
      if (work === undefined) return allowed;
      const reason = `The lyrics are those of a protected work (${work.work}). Please write words of your own.`;
      return { allowed: false, rule: "lyrics", reason };
    },
  };
}
