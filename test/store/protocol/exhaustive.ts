/**
 * The queue protocol small enough to try everything: one organization with one slot, two jobs, two workers,
 * a client and a sweeper (two of them where asked), and every order of their steps. A step is a look, which
 * an actor remembers, or a guarded write, which trusts nothing it remembers but the guard. Guards can be
 * taken away one by one, to see that each is needed.
 */

/** Each is a condition of one update of `src/store` (or the unique index), by what it protects. */
export const guards = [
  "claim: phase is waiting",
  "claim: slot is unique",
  "fence: token",
  "fence: epoch",
  "fence: phase is running",
  "exit: cancel condition",
  "lapse: phase is running",
  "lapse: lease is out",
  "lapse: cancel condition",
  "due: phase is backoff",
  "due: backoff is over",
  "cancel: phase is not ended",
] as const;
export type Guard = (typeof guards)[number];

type Phase = "waiting" | "backoff" | "running" | "ended";

interface Job {
  readonly phase: Phase;
  readonly status: "active" | "succeeded" | "cancelled";
  readonly epoch: number;
  /** Who holds it and since which claim: the token. */
  readonly token: string | null;
  readonly slot: boolean;
  readonly cancel: boolean;
  /** The lease (running) or the backoff is over. */
  readonly over: boolean;
}

/** What a worker remembers: nothing, the job it saw with a free slot, or its lease. */
type Memory = null | { readonly saw: number } | Lease;

interface Lease {
  readonly job: number;
  readonly token: string;
  readonly epoch: number;
}

type Found = null | { readonly kind: "lapse" | "due"; readonly job: number };

export interface State {
  readonly jobs: readonly Job[];
  readonly workers: readonly Memory[];
  readonly sweepers: readonly Found[];
}

export interface Move {
  readonly name: string;
  readonly to: State;
  /** What this move did wrong by itself, beyond what the states show. */
  readonly fault: string | null;
}

export interface Bounds {
  readonly sweepers: number;
  /** Claims of one job, so that there is an end. */
  readonly epochs: number;
}

const created: Job = {
  phase: "waiting",
  status: "active",
  epoch: 0,
  token: null,
  slot: false,
  cancel: false,
  over: false,
};
const free = { token: null, slot: false, over: false } as const;

export function initialState({ sweepers }: Bounds): State {
  return {
    jobs: [created, created],
    workers: [null, null],
    sweepers: Array.from({ length: sweepers }, () => null),
  };
}

function replaced<T>(list: readonly T[], at: number, value: T): T[] {
  return list.map((old, n) => (n === at ? value : old));
}

/** All moves from a state, under these guards. */
export class Protocol {
  readonly #missing: ReadonlySet<Guard>;
  readonly #bounds: Bounds;

  constructor(missing: readonly Guard[], bounds: Bounds) {
    this.#missing = new Set(missing);
    this.#bounds = bounds;
  }

  moves(state: State): Move[] {
    return [
      ...state.workers.flatMap((_, worker) => this.#workerMoves(state, worker)),
      ...state.sweepers.flatMap((_, sweeper) => this.#sweeperMoves(state, sweeper)),
      ...state.jobs.flatMap((_, job) => [
        ...this.#clientMoves(state, job),
        ...timeMoves(state, job),
      ]),
    ];
  }

  /** Whether the guard lets the write happen; one that was taken away lets everything. */
  #lets(guard: Guard, condition: boolean): boolean {
    return condition || this.#missing.has(guard);
  }

  #workerMoves(state: State, worker: number): Move[] {
    const memory = state.workers[worker] ?? null;
    const name = `worker ${worker + 1}`;
    const remember = (to: State, what: Memory): State => ({
      ...to,
      workers: replaced(to.workers, worker, what),
    });
    if (memory === null) {
      if (state.jobs.some(({ slot }) => slot)) return [];
      return state.jobs.flatMap(({ phase, epoch }, job) =>
        phase === "waiting" && epoch < this.#bounds.epochs
          ? [move(`${name} sees job ${job + 1}`, remember(state, { saw: job }))]
          : [],
      );
    }
    if ("saw" in memory) return [this.#claim(state, worker, memory.saw, remember)];
    const { job } = memory;
    const held = state.jobs[job] as Job;
    const { passes, fault } = this.#fence(held, memory);
    const write = (kind: string, change: Partial<Job>, after: Memory) => {
      const to = passes ? this.#write(state, job, change) : state;
      return move(`${name}: ${kind} of job ${job + 1}`, remember(to, after), fault);
    };
    const exit = (kind: string, change: Partial<Job>) => {
      const cancelled = held.cancel && !this.#missing.has("exit: cancel condition");
      const end = cancelled ? ({ phase: "ended", status: "cancelled" } as const) : change;
      return write(kind, { ...free, ...end }, null);
    };
    return [
      exit("completion", { phase: "ended", status: "succeeded" }),
      exit("retry", { phase: "backoff" }),
      exit("release", { phase: "waiting" }),
      // One of a lease that has run out changes nothing.
      ...(held.over ? [] : [write("heartbeat", {}, memory)]),
    ];
  }

  #claim(
    state: State,
    worker: number,
    job: number,
    remember: (to: State, what: Memory) => State,
  ): Move {
    const { phase, epoch } = state.jobs[job] as Job;
    const name = `worker ${worker + 1} claims job ${job + 1}`;
    const taken = state.jobs.some(({ slot }, other) => slot && other !== job);
    const fits =
      this.#lets("claim: phase is waiting", phase === "waiting") &&
      this.#lets("claim: slot is unique", !taken) &&
      epoch < this.#bounds.epochs;
    if (!fits) return move(`${name} in vain`, remember(state, null));
    const token = `${worker}.${epoch + 1}`;
    const lease = { epoch: epoch + 1, token, slot: true, over: false };
    const to = this.#write(state, job, { phase: "running", status: "active", ...lease });
    const fault = phase === "running" ? "a job was taken from its worker" : null;
    return move(name, remember(to, { job, token, epoch: epoch + 1 }), fault);
  }

  /** Whether a write by this lease reaches the job, and whether it should not have. */
  #fence({ phase, token, epoch }: Job, lease: Lease) {
    const passes =
      this.#lets("fence: token", token === lease.token) &&
      this.#lets("fence: epoch", epoch === lease.epoch) &&
      this.#lets("fence: phase is running", phase === "running");
    const own = phase === "running" && token === lease.token && epoch === lease.epoch;
    return { passes, fault: passes && !own ? "a write by an old lease changed a job" : null };
  }

  #sweeperMoves(state: State, sweeper: number): Move[] {
    const found = state.sweepers[sweeper] ?? null;
    const name = `sweeper ${sweeper + 1}`;
    const remember = (to: State, what: Found): State => ({
      ...to,
      sweepers: replaced(to.sweepers, sweeper, what),
    });
    if (found === null) {
      return state.jobs.flatMap(({ phase, over }, job) => {
        if (!over || (phase !== "running" && phase !== "backoff")) return [];
        const kind = phase === "running" ? ("lapse" as const) : ("due" as const);
        return [move(`${name} sees job ${job + 1}: ${kind}`, remember(state, { kind, job }))];
      });
    }
    const { kind, job } = found;
    const { phase, over, cancel } = state.jobs[job] as Job;
    const lapses = kind === "lapse";
    const fits = lapses
      ? this.#lets("lapse: phase is running", phase === "running") &&
        this.#lets("lapse: lease is out", over)
      : this.#lets("due: phase is backoff", phase === "backoff") &&
        this.#lets("due: backoff is over", over);
    if (!fits) return [move(`${name}: ${kind} of job ${job + 1} in vain`, remember(state, null))];
    const ends = lapses && cancel && !this.#missing.has("lapse: cancel condition");
    const end = ends
      ? ({ phase: "ended", status: "cancelled" } as const)
      : ({ phase: "waiting", status: "active" } as const);
    // The update of a due job leaves slot and lease alone: it expects none.
    const to = this.#write(state, job, lapses ? { ...free, ...end } : { over: false, ...end });
    const early = over ? null : `${kind} of a job whose time had not come`;
    return [move(`${name}: ${kind} of job ${job + 1}`, remember(to, null), early)];
  }

  #clientMoves(state: State, job: number): Move[] {
    const { phase, status, cancel } = state.jobs[job] as Job;
    if (cancel || !this.#lets("cancel: phase is not ended", phase !== "ended")) return [];
    const ends =
      phase === "running"
        ? { phase, status }
        : { phase: "ended" as const, status: "cancelled" as const };
    return [move(`cancel of job ${job + 1}`, this.#write(state, job, { cancel: true, ...ends }))];
  }

  #write(state: State, at: number, change: Partial<Job>): State {
    return { ...state, jobs: replaced(state.jobs, at, { ...(state.jobs[at] as Job), ...change }) };
  }
}

/** Time passes for a lease or a backoff. */
function timeMoves(state: State, at: number): Move[] {
  const job = state.jobs[at] as Job;
  if (job.over || (job.phase !== "running" && job.phase !== "backoff")) return [];
  const jobs = replaced(state.jobs, at, { ...job, over: true });
  return [move(`time passes for job ${at + 1}`, { ...state, jobs })];
}

function move(name: string, to: State, fault: string | null = null): Move {
  return { name, to, fault };
}
