/** What workers may do in the model-based test, also with a lease that is not theirs any more. */
import type { Claim, Lease } from "../../../src/generations/job.ts";
import type { Exit } from "../../../src/generations/job-store.ts";
import {
  agree,
  type Command,
  choose,
  command,
  nameOf,
  overtaken,
  runIfPossible,
} from "./command.ts";
import type { ExitKind, Model, ModelJob } from "./model.ts";
import { succeedBy } from "./stage.ts";
import type { Turns } from "./turns.ts";
import { demand } from "./world.ts";

/** How the worker knows that it should look: by a hint, since a second has passed, or not at all. */
export type Occasion = "hint" | "timer" | "none";

export interface Look {
  readonly worker: number;
  readonly room: number;
  readonly occasion: Occasion;
}

function describe({ worker, room, occasion }: Look): string {
  return `worker ${worker + 1} claims up to ${room} (${occasion})`;
}

/** What the claims say of the order: the oldest of each organization first, and nobody passed over. */
function checkOrder(
  open: ReadonlyMap<string, readonly ModelJob[]>,
  looked: boolean,
  taken: readonly ModelJob[],
  turns: Turns,
): void {
  const counts = new Map([...open].map(([org, { length }]) => [org, length]));
  const served = taken.map(({ org }) => org);
  demand(turns.claimed(counts, looked, served));
  for (const [org, next] of open) {
    const count = served.filter((other) => other === org).length;
    const oldest = next.slice(0, count).every((job) => taken.includes(job));
    agree(`the oldest of ${org} go first`, oldest, true);
  }
}

function record(model: Model, claims: readonly Claim[]): ModelJob[] {
  return claims.map(({ job, lease }) => {
    const known = model.jobs.find(({ id }) => id === job.id);
    if (known?.phase !== "waiting") throw new Error("claimed what was not waiting");
    model.claim(known, lease);
    return known;
  });
}

function listed(model: Model, taken: readonly ModelJob[]): string {
  return taken.map((job) => nameOf(model, job)).join(", ") || "nothing";
}

export function claim(look: Look): Command {
  return command(describe(look), {
    async perform(model, { workers }) {
      const { name, engines, jobs, turns, pass } = choose(workers, look.worker);
      const open = model.claimable(engines);
      if (look.occasion === "timer") pass(1_000);
      const claims = await jobs.claim(name, engines, look.room, look.occasion === "hint");
      const looked = look.occasion !== "none";
      const most = Math.min(look.room, [...open.values()].flat().length);
      if (looked) agree("how many", claims.length, most);
      if (claims.length > most) demand(["more than there were"]);
      const taken = record(model, claims);
      checkOrder(open, looked, taken, turns);
      return listed(model, taken);
    },
  });
}

/**
 * A claim between whose look and write something else happens. What it takes is left to the invariants: when
 * its candidate is gone it looks again, and may take another that waits by then.
 */
export function overtakenClaim(look: Look, meanwhile: Command): Command {
  return command(overtaken(describe(look), meanwhile), {
    async perform(model, world) {
      const { name, engines, jobs, turns } = choose(world.workers, look.worker);
      const claims = await world.interrupted(
        () => jobs.claim(name, engines, look.room, look.occasion === "hint"),
        () => runIfPossible(meanwhile, model, world),
      );
      const taken = record(model, claims);
      turns.forget();
      return listed(model, taken);
    },
  });
}

export function heartbeat(choice: number, percent: number | null): Command {
  return command(`heartbeat${percent === null ? "" : ` at ${percent} %`}`, {
    possible: (model) => model.in("running").length > 0,
    async perform(model, { clients }) {
      const job = choose(model.in("running"), choice);
      const progress = percent === null ? null : { percent, phase: "render", message: "Playing" };
      const [beat] = await clients.jobs.heartbeat([{ lease: job.lease as Lease, progress }]);
      const isOut = job.passed.has("lease.expiresAt");
      agree("cancel seen", beat?.cancelRequested, isOut ? undefined : job.cancelAsked);
      model.heartbeat(job, percent);
      return nameOf(model, job);
    },
  });
}

function exitOf(kind: ExitKind, lease: Lease): Exit {
  switch (kind) {
    case "succeed":
      return succeedBy(lease);
    case "fail":
      return { kind, failure: { kind: "engine", message: "$broken" } };
    case "refuse":
      return { kind, reason: "$no" };
    case "release":
      return { kind, checkpoint: { label: "chunk 1", data: { chunk: 1 } } };
    case "retry":
      return { kind, delayMs: 60_000, failure: { kind: "unexpected", message: "$again" } };
  }
}

export function exit(choice: number, kind: ExitKind): Command {
  return command(`worker exits: ${kind}`, {
    possible: (model) => model.in("running").length > 0,
    async perform(model, { clients }) {
      const job = choose(model.in("running"), choice);
      // Also where no cancel is asked for: then it must count for nothing.
      const receipt = { observedMsAgo: 5, checkpoint: "bar 1" };
      const lease = job.lease as Lease;
      const after = await clients.jobs.exit(lease, exitOf(kind, lease), receipt);
      model.exit(job, kind);
      agree("told", after?.status, job.status);
      return `${nameOf(model, job)} ${job.status}`;
    },
  });
}

/** All that run end at once, and with them what an old lease still wants: they share round trips. */
export function exitsTogether(kinds: readonly ExitKind[]): Command {
  return command(`all workers exit at once: ${kinds.join(", ")}`, {
    possible: (model) => model.in("running").length > 1,
    async perform(model, { clients }) {
      const ending = model.in("running").map((job, n) => {
        const kind = choose(kinds, n);
        return { job, kind, lease: job.lease as Lease };
      });
      const old = model.lost.filter((lease) => !model.settled.includes(lease));
      const settle = (lease: Lease, kind: ExitKind) =>
        clients.jobs.exit(lease, exitOf(kind, lease), null);
      const [told, lost] = await Promise.all([
        Promise.all(ending.map(({ lease, kind }) => settle(lease, kind))),
        Promise.all(old.map((lease) => settle(lease, "succeed"))),
      ]);
      for (const { job, kind } of ending) model.exit(job, kind);
      agree(
        "told",
        told.map((job) => job?.status).join(),
        ending.map(({ job }) => job.status).join(),
      );
      agree(
        "old leases are lost",
        lost.every((job) => job === null),
        true,
      );
      return `${ending.length} and ${old.length} old`;
    },
  });
}

/** In what a lease is not the job's: it is an old one, or differs from the job's in one part. */
export type Stale = "old" | "token" | "epoch";

function staleLeases(model: Model, how: Stale): Lease[] {
  if (how === "old") return model.lost;
  const held = model.in("running").map(({ lease }) => lease as Lease);
  if (how === "token") return held.map((lease) => ({ ...lease, token: "0".repeat(32) }));
  return held.map((lease) => ({ ...lease, epoch: lease.epoch - 1 }));
}

export function staleWrite(choice: number, how: Stale, kind: ExitKind | "heartbeat"): Command {
  return command(`${kind} by a lease that is not the job's (${how})`, {
    possible: (model) => staleLeases(model, how).length > 0,
    async perform(model, { clients }) {
      const lease = choose(staleLeases(model, how), choice);
      const progress = { percent: 99, phase: "render", message: "Stale" };
      const told =
        kind === "heartbeat"
          ? (await clients.jobs.heartbeat([{ lease, progress }])).length === 0
          : (await clients.jobs.exit(lease, exitOf(kind, lease), null)) === null;
      // A settle that is repeated by the lease that ended the attempt is told so.
      agree("lost", told, kind === "heartbeat" || !model.settled.includes(lease));
      return nameOf(model, { id: lease.jobId });
    },
  });
}
