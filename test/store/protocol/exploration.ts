/** Walks every state that the small protocol can reach, breadth first, so that a trace to a fault is shortest. */
import {
  type Bounds,
  type Guard,
  initialState,
  type Move,
  Protocol,
  type State,
} from "./exhaustive.ts";

export interface Exploration {
  readonly states: number;
  /** The first fault and the shortest way to it; null when there is none. */
  readonly counterexample: { readonly fault: string; readonly trace: readonly string[] } | null;
}

/** What a state shows, and what a step between two states does. */
function faultOf(before: State, { to, fault }: Move): string | null {
  if (fault !== null) return fault;
  const running = to.jobs.filter(({ phase }) => phase === "running");
  if (running.length > 1) return "more jobs run than the cap allows";
  for (const [n, job] of to.jobs.entries()) {
    const was = before.jobs[n];
    if (was?.phase === "ended" && was !== job) return "a terminal state changed";
    if ((job.phase === "running") !== (job.token !== null))
      return "running without a lease, or a lease without running";
    if ((job.phase === "running") !== job.slot)
      return "running without a slot, or a slot without running";
    if (job.cancel && job.status === "succeeded")
      return "an acknowledged cancel was followed by success";
    if (job.cancel && (job.phase === "waiting" || job.phase === "backoff"))
      return "a cancelled job is queued again";
  }
  return null;
}

interface Visit {
  readonly state: State;
  readonly name: string;
  readonly from: Visit | null;
}

function traceTo(visit: Visit, last: string): string[] {
  const trace = [last];
  for (let at: Visit | null = visit; at?.from; at = at.from) trace.unshift(at.name);
  return trace;
}

/** Explores all states without these guards, or until the first fault. */
export function explore(missing: readonly Guard[], bounds: Bounds): Exploration {
  const protocol = new Protocol(missing, bounds);
  const state = initialState(bounds);
  const seen = new Set([JSON.stringify(state)]);
  let frontier: Visit[] = [{ state, name: "", from: null }];
  while (frontier.length > 0) {
    const next: Visit[] = [];
    for (const visit of frontier) {
      for (const move of protocol.moves(visit.state)) {
        const fault = faultOf(visit.state, move);
        if (fault !== null) {
          const trace = traceTo(visit, move.name);
          return { states: seen.size, counterexample: { fault, trace } };
        }
        const key = JSON.stringify(move.to);
        if (seen.has(key)) continue;
        seen.add(key);
        next.push({ state: move.to, name: move.name, from: visit });
      }
    }
    frontier = next;
  }
  return { states: seen.size, counterexample: null };
}
