/**
 * The page's dealings with the service: what a person asks becomes calls, what comes back becomes state.
 * Knows nothing of the document, so that tests drive it against the running service.
 */
import type { Api } from "../connection/api.ts";
import { type Problem, problemOf } from "../connection/errors.ts";
import type { Pauses } from "../connection/pauses.ts";
import { watchJob } from "../connection/watch.ts";
import { isActive, type Job, type Status } from "../model.ts";
import { needsMore } from "./library.ts";
import { type Happening, initialState, reduce, type State } from "./state.ts";

/** Jobs in one call of the list. */
const batchSize = 50;

/** How often the list is read again, in milliseconds: while something in it may change, and otherwise. */
const refreshMs = { active: 4_000, quiet: 20_000 };

export interface StudioPorts {
  readonly api: Api;
  readonly pauses: Pauses;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Within [0, 1). */
  readonly random: () => number;
  /** A new value at each call, to name one wish to create. */
  readonly newKey: () => string;
  /** Whether anyone looks; a hidden page asks for nothing. */
  readonly isVisible: () => boolean;
  /** Other pages of this person should look again. */
  readonly announce: () => void;
  /** The key stopped working; the page has to ask for it again. */
  readonly signOut: (problem: Problem) => void;
}

export class Studio {
  readonly #ports: StudioPorts;
  readonly #end = new AbortController();
  readonly #listeners = new Set<() => void>();
  #state: State = initialState;
  #watching = new AbortController();
  /** The request that may have been taken although no answer came, and its idempotency key. */
  #unanswered: { readonly body: string; readonly key: string } | null = null;

  constructor(ports: StudioPorts) {
    this.#ports = ports;
  }

  get state(): State {
    return this.#state;
  }

  /** Calls `listener` after every change until the result is called. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Reads the engines and the list, and keeps the list fresh. */
  start(): void {
    void this.#keepFresh();
  }

  /** Nothing happens after this. */
  stop(): void {
    this.#end.abort();
    this.#watching.abort();
    this.#listeners.clear();
  }

  /** Shows the job and follows it to its end; null shows none. */
  select(id: string | null): void {
    if (id === this.#state.selectedId) return;
    this.#happen({ type: "select", id });
    this.#follow();
  }

  /** Creates a job and shows it. A repeat after a lost answer creates no second one. */
  async create(request: unknown): Promise<Job | null> {
    const body = JSON.stringify(request);
    if (this.#unanswered?.body !== body) this.#unanswered = { body, key: this.#ports.newKey() };
    this.#happen({ type: "sending" });
    try {
      const job = await this.#ports.api.create(request, this.#unanswered.key);
      this.#unanswered = null;
      this.#happen({ type: "created", job });
      this.#ports.announce();
      this.#follow();
      return job;
    } catch (error) {
      const problem = this.#problem(error);
      if (problem.kind !== "lost") this.#unanswered = null;
      this.#happen({ type: "refused", problem });
      return null;
    }
  }

  async cancel(id: string): Promise<void> {
    this.#happen({ type: "cancelling", id });
    await this.#attempt(async () => {
      this.#happen({ type: "job", job: await this.#ports.api.cancel(id) });
      this.#ports.announce();
    });
    this.#happen({ type: "cancelAnswered", id });
  }

  async remove(id: string): Promise<void> {
    await this.#attempt(async () => {
      await this.#ports.api.remove(id);
      this.#happen({ type: "removed", id });
      this.#ports.announce();
    });
  }

  /** What the list shows. */
  async filter(status: Status | null, text: string): Promise<void> {
    this.#happen({ type: "filter", status, text });
    await this.#guarded(() => this.#fill());
  }

  async page(page: number): Promise<void> {
    this.#happen({ type: "page", page });
    await this.#guarded(() => this.#fill());
  }

  /** Asks at once for what would be asked for later. */
  wake(): void {
    this.#ports.pauses.wake();
  }

  /** Signed links expire: reads the shown job and its track again. */
  async renewLinks(): Promise<void> {
    const { selectedId } = this.#state;
    if (selectedId !== null) await this.#attempt(() => this.#read(selectedId));
  }

  #happen(event: Happening): void {
    if (this.#end.signal.aborted) return;
    this.#state = reduce(this.#state, event);
    for (const listener of [...this.#listeners]) listener();
  }

  #problem(error: unknown): Problem {
    const problem = problemOf(error, this.#ports.now());
    if (problem.kind === "key" && !this.#end.signal.aborted) this.#ports.signOut(problem);
    return problem;
  }

  /** Does something for the job on the stage; what goes wrong is told there. */
  async #attempt(action: () => Promise<void>): Promise<void> {
    const { selectedId } = this.#state;
    try {
      await action();
    } catch (error) {
      const problem = this.#problem(error);
      if (this.#state.selectedId === selectedId) this.#happen({ type: "stageProblem", problem });
    }
  }

  #follow(): void {
    this.#watching.abort();
    this.#watching = new AbortController();
    const { selectedId } = this.#state;
    if (selectedId !== null) void this.#followJob(selectedId, this.#watching.signal);
  }

  async #followJob(id: string, signal: AbortSignal): Promise<void> {
    const { api, pauses, now, random } = this.#ports;
    const known = this.#state.jobs.get(id);
    try {
      if (known === undefined || isActive(known)) {
        const open = (last: string | null, ends: AbortSignal) => api.events(id, last, ends);
        const watcher = {
          job: (job: Job) => this.#happen({ type: "job", job }),
          lost: (lostUntilMs: number | null) => this.#happen({ type: "link", lostUntilMs }),
        };
        const ports = { open, sleep: pauses.sleep, now, random };
        await watchJob(ports, watcher, signal);
      }
      if (!signal.aborted) await this.#read(id);
    } catch (error) {
      if (signal.aborted) return;
      this.#happen({ type: "stageProblem", problem: this.#problem(error) });
    }
  }

  /** The job with its links, and its track. */
  async #read(id: string): Promise<void> {
    const job = await this.#ports.api.job(id);
    this.#happen({ type: "job", job });
    if (job.result_track_id === null) return;
    const track = await this.#ports.api.track(job.result_track_id);
    this.#happen({ type: "track", track });
  }

  async #keepFresh(): Promise<void> {
    const { signal } = this.#end;
    while (!signal.aborted) {
      if (this.#ports.isVisible()) await this.#refresh();
      const active = [...this.#state.jobs.values()].some(isActive);
      const lost = this.#state.lostUntilMs !== null;
      await this.#ports.pauses.sleep(active || lost ? refreshMs.active : refreshMs.quiet, signal);
    }
  }

  async #refresh(): Promise<void> {
    const { api } = this.#ports;
    await this.#guarded(async () => {
      if (this.#state.engines.length === 0) {
        this.#happen({ type: "engines", engines: await api.engines() });
      }
      await this.#newest();
      await this.#fill();
      // A watch says nothing of when a running job may be done.
      const shown = this.#state.jobs.get(this.#state.selectedId ?? "");
      if (shown?.status === "running") this.#happen({ type: "job", job: await api.job(shown.id) });
    });
  }

  /** Does something for the list; what goes wrong is told there. */
  async #guarded(action: () => Promise<void>): Promise<void> {
    try {
      await action();
      this.#happen({ type: "link", lostUntilMs: null });
      this.#happen({ type: "listProblem", problem: null });
    } catch (error) {
      const problem = this.#problem(error);
      const transient = problem.kind === "lost" || problem.kind === "limited";
      const next = problem.retryAtMs ?? this.#ports.now() + refreshMs.active;
      if (transient) this.#happen({ type: "link", lostUntilMs: next });
      else this.#happen({ type: "listProblem", problem });
    }
  }

  async #newest(): Promise<void> {
    const { status } = this.#state.library;
    const batch = await this.#list(status, null);
    if (status === this.#state.library.status) this.#happen({ type: "newest", batch });
  }

  /** Reads older batches until the page that is shown is full. */
  async #fill(): Promise<void> {
    const { status, text } = this.#state.library;
    const isCurrent = () =>
      this.#state.library.status === status && this.#state.library.text === text;
    try {
      if (this.#state.library.ids.length === 0) await this.#newest();
      while (isCurrent() && needsMore(this.#state.library, this.#state.jobs)) {
        this.#happen({ type: "loading", loading: true });
        const batch = await this.#list(status, this.#state.library.nextPageToken);
        if (isCurrent()) this.#happen({ type: "older", batch });
      }
    } finally {
      if (isCurrent()) this.#happen({ type: "loading", loading: false });
    }
  }

  #list(status: Status | null, pageToken: string | null) {
    return this.#ports.api.list({ status, pageToken, limit: batchSize });
  }
}
