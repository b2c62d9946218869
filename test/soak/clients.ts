/**
 * The clients of a soak: they create jobs and repeat until they are told an id, cancel some of them, and
 * watch some of them to the end. What they were told is kept for the audit.
 */
import { randomUUID } from "node:crypto";
import { systemRandom } from "../../src/base/random.ts";
import { type Cluster, sleep } from "./cluster.ts";

export interface Piece {
  readonly prompt: string;
  readonly seed: number;
}

export interface Account {
  readonly organization: string;
  readonly key: string;
}

/** One job as its client knows it. */
export interface Told {
  readonly id: string;
  readonly organization: string;
  readonly idempotencyKey: string;
  readonly piece: Piece;
  /** The state that the first answered cancel gave; null when none was asked for or answered. */
  cancelAnswer: string | null;
  /** What a watcher saw that it must not see. */
  readonly faults: string[];
  /** The last state that a watcher saw; null without one. */
  watched: string | null;
}

export const seconds = 1;
const terminal = new Set(["succeeded", "failed", "cancelled", "refused"]);

interface State {
  readonly id: string;
  readonly status: string;
  readonly version: number;
}

export class Client {
  readonly #cluster: Cluster;
  readonly #account: Account;
  /** Calls that were repeated since no answer came. */
  repeats = 0;

  constructor(cluster: Cluster, account: Account) {
    this.#cluster = cluster;
    this.#account = account;
  }

  /** Lives through one job, which is among `known` as soon as the client was told of it. */
  async run(piece: Piece, known: Told[]): Promise<void> {
    const idempotencyKey = randomUUID();
    const job = await this.#create(piece, idempotencyKey);
    const told: Told = {
      id: job.id,
      organization: this.#account.organization,
      idempotencyKey,
      piece,
      cancelAnswer: null,
      faults: [],
      watched: null,
    };
    known.push(told);
    const cancels = systemRandom.uniform() < 0.25;
    const watches = systemRandom.uniform() < 0.4;
    await Promise.all([cancels && this.#cancel(told), watches && this.#watch(told)]);
  }

  async #create(piece: Piece, idempotencyKey: string): Promise<State> {
    const body = JSON.stringify({ engine: "studio", duration_seconds: seconds, ...piece });
    return (await this.#insist("", { method: "POST", body }, { idempotencyKey })) as State;
  }

  async #cancel(told: Told): Promise<void> {
    await sleep(systemRandom.uniform() * 5_000);
    const job = (await this.#insist(`/${told.id}/cancel`, { method: "POST" })) as State;
    told.cancelAnswer = job.status;
  }

  /** Follows the job to its end, through every lost connection. */
  async #watch(told: Told): Promise<void> {
    let version = 0;
    while (told.watched === null) {
      try {
        for await (const state of this.#events(told.id, version)) {
          if (state.version <= version)
            told.faults.push(`went from ${version} to ${state.version}`);
          if (told.watched !== null) told.faults.push("was watched beyond its end");
          version = state.version;
          if (terminal.has(state.status)) told.watched = state.status;
        }
      } catch {
        await sleep(200);
      }
    }
  }

  async *#events(id: string, after: number): AsyncGenerator<State> {
    const response = await this.#fetch(`/${id}/events`, {
      headers: { accept: "application/x-ndjson", "last-event-id": String(after) },
      signal: AbortSignal.timeout(60_000),
    });
    if (!response.ok) throw new Error(`status ${response.status}`);
    let rest = "";
    for await (const text of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        if (line === "") continue;
        const state = JSON.parse(line) as State;
        if (state.status === undefined) throw new Error(line);
        yield state;
      }
    }
  }

  /** Repeats the call, at any API process, until an answer comes that is no fault of the service. */
  async #insist(
    path: string,
    init: RequestInit,
    { idempotencyKey }: { idempotencyKey?: string } = {},
  ): Promise<unknown> {
    for (;;) {
      try {
        const response = await this.#fetch(path, {
          ...init,
          headers: { ...(idempotencyKey && { "idempotency-key": idempotencyKey }) },
          signal: AbortSignal.timeout(40_000),
        });
        const answer: unknown = await response.json();
        if (response.ok) return answer;
        if (response.status < 500) throw new Refused(JSON.stringify(answer));
      } catch (error) {
        if (error instanceof Refused) throw error;
      }
      this.repeats += 1;
      await sleep(200);
    }
  }

  #fetch(path: string, init: RequestInit): Promise<Response> {
    const { organization, key } = this.#account;
    const url = `${this.#cluster.url}/v1/music/${organization}/generations${path}`;
    const headers = { ...init.headers, "x-api-key": key, "content-type": "application/json" };
    return fetch(url, { ...init, headers });
  }
}

/** The service says that the client is wrong, and these clients never are. */
class Refused extends Error {}
