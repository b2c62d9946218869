/**
 * Every interleaving of two actors over one database. An actor goes on in steps: a look (all reads up to
 * the next write) or a write; a schedule says whose step comes next. `interleavings` runs a scene under
 * one schedule after the other until each order of the steps has been tried, so it needs no knowledge of
 * how many steps an actor has.
 */
import type { Database } from "../../../src/store/index.ts";
import { intercept } from "./intercept.ts";

/** Who goes next when both can: 0 or 1. Beyond its end it is always 0. */
type Schedule = readonly number[];

/** One actor's way through its steps. */
class Steps {
  #last: "read" | "write" | null = null;
  #go: (() => void) | null = null;
  #arrive: () => void = () => {};
  #arrived: Promise<void> = Promise.resolve();
  ended = false;

  /** Holds a call back until `step`, when it begins a step. */
  readonly before = async (kind: "read" | "write"): Promise<void> => {
    const begins = kind === "write" || this.#last !== "read";
    this.#last = kind;
    if (!begins) return;
    const turn = new Promise<void>((resolve) => {
      this.#go = resolve;
    });
    this.#arrive();
    await turn;
  };

  /** Starts the actor, which stops before its first step. */
  start<T>(run: () => Promise<T>): Promise<T> {
    this.#expect();
    return run().finally(() => {
      this.ended = true;
      this.#arrive();
    });
  }

  /** Lets the next step happen. */
  step(): void {
    const go = this.#go;
    this.#expect();
    this.#go = null;
    go?.();
  }

  /** Resolves when the actor stands before a step or has ended. */
  get arrived(): Promise<void> {
    return this.#arrived;
  }

  #expect(): void {
    this.#arrived = new Promise((resolve) => {
      this.#arrive = resolve;
    });
  }
}

export type Actor<T> = (database: Database) => Promise<T>;
export type Pair<T> = readonly [Actor<T>, Actor<T>];

/** Runs both under this schedule; with what they returned, who went where both could. */
async function runUnder<T>(database: Database, pair: Pair<T>, schedule: Schedule) {
  const steps = [new Steps(), new Steps()] as const;
  const results = Promise.all([
    steps[0].start(() => pair[0](intercept(database, steps[0]))),
    steps[1].start(() => pair[1](intercept(database, steps[1]))),
  ]);
  results.catch(() => {}); // Awaited below; until then a rejection is nobody's.
  const choices: number[] = [];
  for (;;) {
    await Promise.all(steps.map(({ arrived }) => arrived));
    const able = steps.filter(({ ended }) => !ended);
    if (able.length === 0) return { answers: await results, choices };
    const chosen = able.length === 2 ? (schedule[choices.length] ?? 0) : 0;
    if (able.length === 2) choices.push(chosen);
    able[chosen]?.step();
  }
}

/** The next schedule in order, as with a counter: the last 0 becomes 1 and what follows is dropped. */
function following(choices: readonly number[]): Schedule | null {
  const last = choices.lastIndexOf(0);
  return last < 0 ? null : [...choices.slice(0, last), 1];
}

/** A fresh scene, its two actors and how it ended. */
export interface Scene<T> {
  readonly pair: Pair<T>;
  readonly outcome: (answers: readonly [T, T]) => Promise<string>;
}

export interface Interleaving {
  /** Whose step came first wherever both could go, as `ABBA`; or how they were run otherwise. */
  readonly order: string;
  readonly outcome: string;
}

/** Sets the scene for each interleaving of the two actors' steps, plays it and says how each ended. */
export async function interleavings<T>(
  database: Database,
  setScene: () => Promise<Scene<T>>,
): Promise<Interleaving[]> {
  const played: Interleaving[] = [];
  for (let schedule: Schedule | null = []; schedule !== null; ) {
    const { pair, outcome } = await setScene();
    const { answers, choices } = await runUnder(database, pair, schedule);
    const order = choices.map((choice) => "AB"[choice]).join("");
    played.push({ order, outcome: await outcome(answers) });
    schedule = following(choices);
  }
  return played;
}

/** The same without any schedule: both at once, `times` times. */
export async function atOnce<T>(
  database: Database,
  setScene: () => Promise<Scene<T>>,
  times: number,
): Promise<Interleaving[]> {
  const played: Interleaving[] = [];
  for (let n = 0; n < times; n++) {
    const { pair, outcome } = await setScene();
    const answers = await Promise.all([pair[0](database), pair[1](database)]);
    played.push({ order: "at once", outcome: await outcome(answers) });
  }
  return played;
}
