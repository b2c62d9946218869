/**
 * The races of the protocol, one row each under the situation where the two meet: who meets whom, what
 * comes of it when the first is done before the second begins, and what in the other order. Every
 * interleaving of their steps must end in one of the two: whatever happens in between looks as if one had
 * come after the other. (A claim that the deadline overtakes before it reads back what it took is the one
 * exception, and has a third.)
 *
 * An outcome reads `what the first was told, what the second was told → the state (changes)`; where a job
 * still runs, it goes on with what comes of it when every lease ever handed out then tries to complete,
 * the oldest first.
 */
import { type ActName, acts, type Situation, situations } from "./stage.ts";

const table = `
waiting
  cancel × claim  | cancelled, nothing → cancelled (1)           | running, taken → running, then cancelled (2)
  cancel × cancel | cancelled, cancelled → cancelled (1)         | cancelled, cancelled → cancelled (1)
  claim × claim   | taken, nothing → running, then succeeded (1) | nothing, taken → running, then succeeded (1)
waiting, deadline passed
  cancel × expire | cancelled, swept 0 → cancelled (1) | failed, swept 1 → failed (1)
  claim × expire  | taken, swept 1 → failed (2)        | nothing, swept 1 → failed (1)
backing off
  cancel × cancel | cancelled, cancelled → cancelled (1) | cancelled, cancelled → cancelled (1)
backoff over
  cancel × due        | cancelled, swept 0 → cancelled (1) | cancelled, swept 1 → cancelled (2)
  claim × due         | nothing, swept 1 → waiting (1)     | taken, swept 1 → running, then succeeded (2)
  due × due           | swept 1, swept 0 → waiting (1)     | swept 0, swept 1 → waiting (1)
  due × another round | swept 1, backoff → backoff (3)     | swept 0, backoff → backoff (3)
running
  cancel × succeed                     | running, cancelled → cancelled (2)             | succeeded, succeeded → succeeded (1)
  cancel × fail                        | running, cancelled → cancelled (2)             | failed, failed → failed (1)
  cancel × refuse                      | running, cancelled → cancelled (2)             | refused, refused → refused (1)
  cancel × retry                       | running, cancelled → cancelled (2)             | cancelled, backoff → cancelled (2)
  cancel × release                     | running, cancelled → cancelled (2)             | cancelled, waiting → cancelled (2)
  cancel × heartbeat                   | running, stop → running, then cancelled (1)    | running, held → running, then cancelled (1)
  cancel × cancel                      | running, running → running, then cancelled (1) | running, running → running, then cancelled (1)
  succeed by another token × heartbeat | lost, held → running, then succeeded (0)       | lost, held → running, then succeeded (0)
  succeed by another epoch × heartbeat | lost, held → running, then succeeded (0)       | lost, held → running, then succeeded (0)
  succeed × succeed                    | succeeded, succeeded → succeeded (1)           | succeeded, succeeded → succeeded (1)
  claim × release                      | nothing, waiting → waiting (1)                 | taken, waiting → running, then succeeded (2)
running, lease out
  cancel × lapse    | running, swept 1 → cancelled (2)            | cancelled, swept 1 → cancelled (2)
  succeed × lapse   | succeeded, swept 0 → succeeded (1)          | lost, swept 1 → waiting (1)
  fail × lapse      | failed, swept 0 → failed (1)                | lost, swept 1 → waiting (1)
  retry × lapse     | backoff, swept 0 → backoff (1)              | lost, swept 1 → waiting (1)
  release × lapse   | waiting, swept 0 → waiting (1)              | lost, swept 1 → waiting (1)
  heartbeat × lapse | lost, swept 1 → waiting (1)                 | lost, swept 1 → waiting (1)
  lapse × lapse and claim | swept 1, taken → running, then succeeded (2) | swept 0, taken → running, then succeeded (2)
  claim × lapse     | nothing, swept 1 → waiting (1)              | taken, swept 1 → running, then succeeded (2)
  lapse × lapse     | swept 1, swept 0 → waiting (1)              | swept 0, swept 1 → waiting (1)
running, attempt too long
  cancel × lapse    | running, swept 1 → cancelled (2) | cancelled, swept 1 → cancelled (2)
  heartbeat × lapse | held, swept 1 → waiting (1)      | lost, swept 1 → waiting (1)
last attempt, lease out
  cancel × lapse  | running, swept 1 → cancelled (2)   | failed, swept 1 → failed (1)
  succeed × lapse | succeeded, swept 0 → succeeded (1) | lost, swept 1 → failed (1)
  retry × lapse   | failed, swept 0 → failed (1)       | lost, swept 1 → failed (1)
  cancel × retry  | running, cancelled → cancelled (2) | failed, failed → failed (1)
running, deadline passed
  cancel × expire  | running, swept 1 → cancelled (2)   | failed, swept 1 → failed (1)
  succeed × expire | succeeded, swept 0 → succeeded (1) | lost, swept 1 → failed (1)
running, lease out, cancel asked for
  succeed × lapse | cancelled, swept 0 → cancelled (1) | lost, swept 1 → cancelled (1)
  retry × lapse   | cancelled, swept 0 → cancelled (1) | lost, swept 1 → cancelled (1)
running, cancel asked for
  succeed × cancel | cancelled, cancelled → cancelled (1) | cancelled, running → cancelled (1)
claimed again after a lapse
  succeed by the old lease × succeed | lost, succeeded → succeeded (1)             | lost, succeeded → succeeded (1)
  succeed by the old lease × cancel  | lost, running → running, then cancelled (1) | lost, running → running, then cancelled (1)
two waiting for one slot
  claim × claim the other | taken, nothing → running + waiting, then succeeded + waiting (1) | nothing, taken → waiting + running, then waiting + succeeded (1)
no job
  create × create         | made, repeat → waiting (0)                 | repeat, made → waiting (0)
  create × create another | made, idempotency_key_reused → waiting (0) | idempotency_key_reused, made → waiting (0)
`;

export interface Race {
  readonly from: Situation;
  readonly acts: readonly [ActName, ActName];
  readonly outcomes: readonly string[];
}

function named<T extends string>(names: Readonly<Record<T, unknown>>, text: string): T {
  if (Object.hasOwn(names, text)) return text as T;
  throw new Error(`the table of races names what does not exist: ${text}`);
}

function read(lines: readonly string[]): Race[] {
  let from = "";
  return lines.flatMap((line) => {
    if (!line.startsWith(" ")) {
      from = line;
      return [];
    }
    const [names = "", ...outcomes] = line.split("|").map((cell) => cell.trim());
    const [first = "", second = ""] = names.split(" × ");
    const pair = [named(acts, first), named(acts, second)] as const;
    return [{ from: named(situations, from), acts: pair, outcomes }];
  });
}

export const races: readonly Race[] = read(table.split("\n").filter((line) => line !== ""));

export function nameOf({ from, acts: [first, second] }: Race): string {
  return `${from}: ${first} × ${second}`;
}
