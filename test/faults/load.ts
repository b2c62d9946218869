/**
 * Load on the service while its database has a bad time: clients that create jobs with a key of their own
 * each, cancel every third, and insist until they have an answer; and an account of what they were told.
 */
import { Code, ConnectError } from "@connectrpc/connect";
import { expect } from "vitest";
import { GenerationStatus } from "../../gen/music/v1/generation_pb.ts";
import { systemClock } from "../../src/base/clock.ts";
import { systemRandom } from "../../src/base/random.ts";
import type { JobDocument } from "../../src/store/documents.ts";
import { createApi } from "../support/api.ts";
import { ScriptedEngine } from "../support/scripted-engine.ts";
import type { TestStore } from "../support/store.ts";
import { scope } from "./store.ts";

/** Between two tries, in milliseconds. */
const againAfterMs = 50;

/** What clients were told, by the id of the job. */
export interface Account {
  /** The key that each job was created with. */
  readonly created: Map<string, string>;
  /** What the answer to a cancel said. */
  readonly cancelled: Map<string, GenerationStatus>;
  /** How often a client was told that the service is not available. */
  unavailable: number;
}

/** What `call` resolves to, tried again for as long as the service is not available. */
async function insist<T>(account: Account, call: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (ConnectError.from(error).code !== Code.Unavailable) throw error;
      account.unavailable += 1;
      await systemClock.sleep(againAfterMs);
    }
  }
}

/** Resolves once the job has ended, by the hints of the feed alone: without them it never does. */
async function followHints(store: TestStore, jobId: string): Promise<void> {
  let hinted = Promise.withResolvers<void>();
  const off = store.feed.onJob(jobId, () => hinted.resolve());
  try {
    for (;;) {
      // Armed before the look, so that a hint in between is not lost.
      hinted = Promise.withResolvers<void>();
      const job = await store.jobs.get(scope, jobId).catch(() => "again" as const);
      if (job === "again") await systemClock.sleep(againAfterMs);
      else if (job?.phase === "ended") return;
      else await hinted.promise;
    }
  } finally {
    off();
  }
}

export class Load {
  readonly account: Account = { created: new Map(), cancelled: new Map(), unavailable: 0 };
  readonly #store: TestStore;
  readonly #clients: Promise<void>[] = [];
  #isOver = false;

  private constructor(store: TestStore) {
    this.#store = store;
  }

  /** `count` clients of an api over `store`, whose jobs are of the scripted engine. */
  static async start(store: TestStore, count: number): Promise<Load> {
    const load = new Load(store);
    const { key } = await store.apiKeys.create(scope.organizationId, scope.userId);
    const client = createApi(store, [new ScriptedEngine("scripted")]).clientWith({
      "x-api-key": key,
    });
    for (let n = 0; n < count; n++) load.#clients.push(load.#run(client));
    return load;
  }

  async #run(client: ReturnType<ReturnType<typeof createApi>["clientWith"]>): Promise<void> {
    const { account } = this;
    const { organizationId } = scope;
    for (let turn = 0; !this.#isOver; turn++) {
      const idempotencyKey = systemRandom.hex(8);
      const request = { organizationId, engine: "scripted", prompt: "rain", durationSeconds: 5 };
      const { id: jobId } = await insist(account, () =>
        client.createGeneration({ ...request, idempotencyKey }),
      );
      account.created.set(jobId, idempotencyKey);
      if (turn % 3 === 2) {
        const answer = await insist(account, () =>
          client.cancelGeneration({ organizationId, jobId, waitSeconds: 0 }),
        );
        account.cancelled.set(jobId, answer.status);
      }
      await followHints(this.#store, jobId);
    }
  }

  /** Resolves once `count` more jobs were created than when it was called. */
  async progress(count: number): Promise<void> {
    const { created } = this.account;
    const goal = created.size + count;
    await expect.poll(() => created.size, { timeout: 60_000 }).toBeGreaterThanOrEqual(goal);
  }

  /** Lets the clients come to the end of what they are at. */
  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#clients);
  }
}

/** What the jobs, all of which have ended, have to do with what clients were told; in words. */
export function brokenPromises(account: Account, jobs: readonly JobDocument[]): string[] {
  const byId = new Map(jobs.map((job) => [job._id, job]));
  const lost = [...account.created].flatMap(([id, key]) =>
    byId.get(id)?.idempotency?.key === key ? [] : [`${id} was acknowledged and is not there`],
  );
  const unasked = jobs.flatMap(({ _id }) =>
    account.created.has(_id) ? [] : [`${_id} is a second job of somebody's`],
  );
  const revived = [...account.cancelled].flatMap(([id, told]) => {
    const status = byId.get(id)?.status ?? "";
    const holds =
      told === GenerationStatus.SUCCEEDED ? status === "succeeded" : status === "cancelled";
    return holds ? [] : [`${id} was told status ${told} and is ${status}`];
  });
  const unfinished = jobs.flatMap(({ _id, status }) =>
    status === "succeeded" || (status === "cancelled" && account.cancelled.has(_id))
      ? []
      : [`${_id} is ${status}`],
  );
  return [...lost, ...unasked, ...revived, ...unfinished];
}
