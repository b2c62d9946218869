/**
 * The real side of the model-based test: a database, worker processes with a ring and a clock of their
 * own each, and the check that runs after every command.
 */
import { systemClock } from "../../../src/base/clock.ts";
import { systemRandom } from "../../../src/base/random.ts";
import type { JobStore } from "../../../src/generations/job-store.ts";
import type { JobDocument } from "../../../src/store/documents.ts";
import { createStore, type Database, type Store } from "../../../src/store/index.ts";
import { silentLog, testLimits } from "../../support/store.ts";
import { intercept, type Rewrite } from "./intercept.ts";
import { faultsOfStep } from "./invariants.ts";
import type { Model, ModelJob } from "./model.ts";
import { Turns } from "./turns.ts";

export const organizations = ["org_a", "org_b", "org_c"] as const;
export const engines = ["studio", "other"] as const;
export const user = "user_1";
const defaultCap = 3;

/** A worker process as the protocol sees it. */
export interface Worker {
  readonly name: string;
  readonly engines: readonly string[];
  readonly jobs: JobStore;
  readonly turns: Turns;
  /** Its process's clock goes on by so many milliseconds. */
  pass(ms: number): void;
}

export interface World {
  readonly database: Database;
  readonly clients: Store;
  readonly workers: readonly Worker[];
  /** All jobs after the last command. */
  seen: readonly JobDocument[];
  /** What was done so far and how it went; kept here, since commands serve many runs while they shrink. */
  readonly trace: string[];
  /** Runs `call`, and `meanwhile` just before its first write (after it, when it makes none). */
  interrupted<T>(call: () => Promise<T>, meanwhile: () => Promise<void>): Promise<T>;
}

function storeOver(database: Database, monotonicMs: () => number): Store {
  const clock = { ...systemClock, monotonicMs };
  const ports = { clock, random: systemRandom, log: silentLog };
  return createStore(database, ports, { ...testLimits, defaultCap });
}

function createWorker(database: Database, name: string, own: readonly string[]): Worker {
  let now = 0;
  const { jobs } = storeOver(database, () => now);
  const pass = (ms: number) => {
    now += ms;
  };
  return { name, engines: own, jobs, turns: new Turns(), pass };
}

/** The database as the stores of a world see it, and how to break into the next call. */
function interruptible(real: Database, rewrite: Rewrite | undefined) {
  let pending: (() => Promise<void>) | null = null;
  const takeUp = async () => {
    const meanwhile = pending;
    pending = null;
    await meanwhile?.();
  };
  const before = async (kind: "read" | "write") => {
    if (kind === "write") await takeUp();
  };
  const interrupted: World["interrupted"] = async (call, meanwhile) => {
    pending = meanwhile;
    const result = await call();
    await takeUp();
    return result;
  };
  return { database: intercept(real, { before, ...(rewrite && { rewrite }) }), interrupted };
}

/**
 * An empty world: three organizations with the default cap, three workers, one of them with one engine.
 * @param rewrite breaks its guards, to see that it is noticed.
 */
export async function createWorld(real: Database, rewrite?: Rewrite): Promise<World> {
  await real.jobs.deleteMany({});
  await real.organizations.deleteMany({});
  const { database, interrupted } = interruptible(real, rewrite);
  const clients = storeOver(database, systemClock.monotonicMs);
  for (const name of organizations) await clients.organizations.addMember(name, user);
  const workers = [
    createWorker(database, "worker 1", engines),
    createWorker(database, "worker 2", engines),
    createWorker(database, "worker 3", [engines[0]]),
  ];
  return { database: real, clients, workers, seen: [], trace: [], interrupted };
}

export const initialCaps = Object.fromEntries(organizations.map((name) => [name, defaultCap]));

/** What the model says of a job, and what its document says. */
function expected(job: ModelJob): object {
  const { phase, status, version, attempts, epoch, percent, cancelAsked, lease, outcomes } = job;
  const token = lease?.token;
  return { phase, status, version, attempts, epoch, percent, cancelAsked, token, outcomes };
}

function actual(job: JobDocument): object {
  const { phase, status, version, attempts, epoch, progress, cancel, lease, history } = job;
  const percent = progress.percent;
  const cancelAsked = cancel !== undefined;
  const token = lease?.token;
  const outcomes = (history ?? []).map(({ outcome }) => outcome);
  return { phase, status, version, attempts, epoch, percent, cancelAsked, token, outcomes };
}

/** @throws Error that says in what the database is not as the model, or which invariant broke. */
export async function verify(model: Model, world: World): Promise<void> {
  const after = await world.database.jobs.find().toArray();
  const before = world.seen;
  const capOf = (organization: string) => model.caps.get(organization) ?? defaultCap;
  const step = { before: { jobs: before }, after: { jobs: after }, capOf, changes: 1 };
  const faults = faultsOfStep(step);
  const documents = new Map(after.map((document) => [document._id, document]));
  for (const job of model.jobs) {
    const document = documents.get(job.id);
    const [should, is] = [expected(job), document && actual(document)].map((value) =>
      JSON.stringify(value),
    );
    if (should !== is) faults.push(`${job.id} should be ${should} and is ${is}`);
  }
  if (after.length !== model.jobs.length) faults.push("there are more or fewer jobs than created");
  world.seen = after;
  demand(faults);
}

export function demand(faults: readonly string[]): void {
  if (faults.length > 0) throw new Error(faults.join("\n"));
}
