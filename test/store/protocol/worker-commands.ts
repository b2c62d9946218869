/** What workers may do in the model-based test, also with a lease that is not theirs any more. */
import type { Lease } from "../../../src/generations/job.ts";
import type { Exit } from "../../../src/generations/job-store.ts";
import { maxAttempts } from "../../../src/generations/state.ts";
import { agree, type Command, choose, command, nameOf } from "./command.ts";
import type { ExitKind, Model } from "./model.ts";
import { succeedBy } from "./stage.ts";
import { demand } from "./world.ts";

/** How the worker knows that it should look: by a hint, since a second has passed, or not at all. */
export type Occasion = "hint" | "timer" | "none";

export function claim(worker: number, room: number, occasion: Occasion): Command {
  return command(`worker ${worker + 1} claims up to ${room} (${occasion})`, {
    async perform(model, { workers }) {
      const { name, engines, jobs, turns, pass } = choose(workers, worker);
      const open = model.claimable(engines);
      if (occasion === "timer") pass(1_000);
      const claims = await jobs.claim(name, engines, room, occasion === "hint");
      const looked = occasion !== "none";
      const most = Math.min(room, [...open.values()].flat().length);
      if (looked) agree("how many", claims.length, most);
      if (claims.length > most) demand(["more than there were"]);
      const orgs = claims.map(({ job }) => job.organizationId);
      const counts = new Map([...open].map(([org, { length }]) => [org, length]));
      demand(turns.claimed(counts, looked, orgs));
      const taken = new Set(claims.map(({ job }) => job.id));
      for (const [org, next] of open) {
        const count = orgs.filter((other) => other === org).length;
        const oldest = next.slice(0, count).every(({ id }) => taken.has(id));
        agree(`the oldest of ${org} go first`, oldest, true);
      }
      for (const { job, lease } of claims) {
        const known = model.jobs.find(({ id }) => id === job.id);
        if (known === undefined) throw new Error("claimed what was never created");
        model.claim(known, lease);
      }
      return claims.map(({ job }) => nameOf(model, job)).join(", ") || "nothing";
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
      agree("cancel seen", beat?.cancelRequested, job.cancelAsked);
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
      return { kind, delayMs: 60_000, message: "$again" };
  }
}

export function exit(choice: number, kind: ExitKind): Command {
  return command(`worker exits: ${kind}`, {
    possible: (model) => model.in("running").length > 0,
    async perform(model, { clients }) {
      const job = choose(model.in("running"), choice);
      // The worker's rule: the last attempt is not retried.
      const does = kind === "retry" && job.attempts >= maxAttempts ? "fail" : kind;
      // Also where no cancel is asked for: then it must count for nothing.
      const receipt = { observedMsAgo: 5, checkpoint: "bar 1" };
      const lease = job.lease as Lease;
      const after = await clients.jobs.exit(lease, exitOf(does, lease), receipt);
      model.exit(job, does);
      agree("told", after?.status, job.status);
      return `${nameOf(model, job)} ${job.status}`;
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
      agree("lost", told, true);
      return nameOf(model, { id: lease.jobId });
    },
  });
}
