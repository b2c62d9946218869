/**
 * Broken variants of the protocol, made outside of it: a rewrite of the guarded updates on their way to the
 * driver. Each names the races of the table that must notice it. A rewrite that no longer finds what it
 * breaks changes nothing, so that its mutant survives and the test fails.
 */
import type { Document } from "mongodb";
import type { GuardedWrite, Rewrite } from "./intercept.ts";

export interface Mutant {
  readonly name: string;
  readonly rewrite: Rewrite;
  readonly killers: readonly string[];
}

type Recognize = (filter: Document) => boolean;

const isExit: Recognize = (filter) => "lease.token" in filter;
const isCancel: Recognize = (filter) => "cancel.requestedAt" in filter;
const asksFor =
  (phase: string, timed: boolean): Recognize =>
  (filter) =>
    filter["phase"] === phase && "$expr" in filter === timed && !isExit(filter);
const isClaim = asksFor("waiting", false);
const isLapse = asksFor("running", true);
const isDue = asksFor("backoff", true);

/** Drops a field of the guard. */
function without(field: string, recognize: Recognize): Rewrite {
  return ({ filter, update }) => {
    if (!recognize(filter)) return { filter, update };
    const { [field]: _, ...rest } = filter;
    return { filter: rest, update };
  };
}

/** Takes the branch that each condition of an exit's pipeline has for a job without a cancel. */
function ignoringCancel({ filter, update }: GuardedWrite): GuardedWrite {
  if (!isExit(filter) || !Array.isArray(update)) return { filter, update };
  const plain = (value: Document) => (Array.isArray(value?.["$cond"]) ? value["$cond"][2] : value);
  const stages = update.map((stage) => {
    if (stage["$set"] === undefined) return stage;
    const fields = Object.entries(stage["$set"] as Record<string, Document>);
    return { $set: Object.fromEntries(fields.map(([name, value]) => [name, plain(value)])) };
  });
  return { filter, update: stages };
}

export const mutants: readonly Mutant[] = [
  {
    name: "the fence without the token",
    rewrite: without("lease.token", isExit),
    killers: ["running: succeed by another token × heartbeat"],
  },
  {
    name: "the fence without the epoch",
    rewrite: without("epoch", isExit),
    killers: ["running: succeed by another epoch × heartbeat"],
  },
  {
    name: "the fence without token and epoch",
    rewrite: (write) => without("lease.token", isExit)(without("epoch", isExit)(write)),
    killers: ["claimed again after a lapse: succeed by the old lease × succeed"],
  },
  {
    name: "exits without the cancel condition",
    rewrite: ignoringCancel,
    killers: [
      "running: cancel × succeed",
      "running: cancel × fail",
      "running: cancel × refuse",
      "running: cancel × retry",
      "running: cancel × release",
    ],
  },
  {
    name: "a claim without the phase",
    rewrite: without("phase", isClaim),
    killers: ["waiting: claim × claim", "waiting: cancel × claim"],
  },
  {
    name: "a lapse without the second look at the time",
    rewrite: without("$expr", isLapse),
    killers: ["running, lease out: lapse × lapse and claim"],
  },
  {
    name: "a heartbeat without the look at the time",
    rewrite: without("$and", () => true),
    killers: ["running, lease out: heartbeat × lapse"],
  },
  {
    name: "a lapse without the phase",
    rewrite: without("phase", isLapse),
    killers: ["running, lease out: succeed × lapse", "running, lease out: retry × lapse"],
  },
  {
    name: "a cancel without the phase",
    rewrite: without("phase", isCancel),
    killers: ["running: cancel × succeed", "waiting, deadline passed: cancel × expire"],
  },
  {
    name: "a cancel without the look at an earlier one",
    rewrite: without("cancel.requestedAt", isCancel),
    killers: ["running: cancel × cancel"],
  },
  {
    name: "due without the phase",
    rewrite: without("phase", isDue),
    killers: ["backoff over: cancel × due"],
  },
  {
    name: "due without the second look at the time",
    rewrite: without("$expr", isDue),
    killers: ["backoff over: due × another round"],
  },
];
