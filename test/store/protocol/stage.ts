/** Where two actors of a race meet: a job in a known situation, and what each actor can do to it. */
import { systemClock } from "../../../src/base/clock.ts";
import { systemRandom } from "../../../src/base/random.ts";
import type { Job, Lease } from "../../../src/generations/job.ts";
import type { Exit, JobStore } from "../../../src/generations/job-store.ts";
import { maxAttempts } from "../../../src/generations/state.ts";
import type { JobDocument } from "../../../src/store/documents.ts";
import { createStore, type Database } from "../../../src/store/index.ts";
import { newTestJob, silentLog, testLimits } from "../../support/store.ts";

export const scope = { organizationId: "org_a", userId: "user_1" };
const engines = ["studio", "other"] as const;
const past = new Date(0);

/** The job store of a process of its own: its ring is empty. */
export function processOver(database: Database): JobStore {
  const ports = { clock: systemClock, random: systemRandom, log: silentLog };
  return createStore(database, ports, { ...testLimits, defaultCap: 1 }).jobs;
}

export function succeedBy({ jobId, epoch }: Lease): Exit {
  const track = {
    id: `mtrack_${jobId}_${epoch}`,
    title: "Rain",
    engine: "studio",
    mode: "creation",
    instrumental: true,
    measuredDurationSeconds: 5,
    mimeType: "audio/mpeg",
    licenceClass: "commercial_cleared",
    artifact: `tracks/${jobId}/${epoch}/master.mp3`,
    extras: [],
    stemGainDb: null,
  } as const;
  return { kind: "succeed", track };
}

/** What callers see, with the two kinds of queued told apart. */
export function stateOf({ status, phase }: Pick<Job, "status" | "phase">): string {
  return status === "queued" ? phase : status;
}

export class Stage {
  readonly database: Database;
  readonly #jobs: JobStore;
  /** Every lease that was ever handed out, in order. */
  readonly leases: Lease[] = [];
  jobId = "";

  constructor(database: Database) {
    this.database = database;
    this.#jobs = processOver(database);
  }

  async create(engine: string = engines[0]): Promise<void> {
    const { id } = await this.#jobs.create(newTestJob({ ...scope, engine }));
    this.jobId ||= id;
  }

  async claim(): Promise<void> {
    const [claim] = await this.#jobs.claim("first", [engines[0]], 1, true);
    if (claim === undefined) throw new Error("the stage could not be set: nothing was claimed");
    this.leases.push(claim.lease);
  }

  /** Time passes for this field of the job. */
  async pass(field: "lease.expiresAt" | "lease.deadlineAt" | "notBefore" | "deadlineAt") {
    await this.database.jobs.updateOne({ _id: this.jobId }, { $set: { [field]: past } });
  }

  async lapse(): Promise<void> {
    await this.pass("lease.expiresAt");
    await this.#jobs.sweepLapsed();
  }

  async cancel(): Promise<void> {
    await this.#jobs.requestCancel(scope, this.jobId);
  }

  async exit(exit: Exit): Promise<void> {
    await this.#jobs.exit(this.lease, exit, null);
  }

  /** The newest lease. */
  get lease(): Lease {
    const lease = this.leases.at(-1);
    if (lease === undefined) throw new Error("nothing was claimed");
    return lease;
  }

  /** All jobs; where there are two, that of the first engine first. */
  look(): Promise<JobDocument[]> {
    return this.database.jobs.find().sort({ engine: -1 }).toArray();
  }
}

const broken = { kind: "engine_transient", message: "Broken." } as const;
const retry: Exit = { kind: "retry", delayMs: 60_000, failure: broken };

/** The situations that races begin in. */
export const situations = {
  "no job": async () => {},
  waiting: (stage: Stage) => stage.create(),
  "two waiting for one slot": async (stage: Stage) => {
    for (const engine of engines) await stage.create(engine);
  },
  running: async (stage: Stage) => {
    await stage.create();
    await stage.claim();
  },
  "running, cancel asked for": async (stage: Stage) => {
    await situations.running(stage);
    await stage.cancel();
  },
  "running, lease out": async (stage: Stage) => {
    await situations.running(stage);
    await stage.pass("lease.expiresAt");
  },
  "running, lease out, cancel asked for": async (stage: Stage) => {
    await situations["running, cancel asked for"](stage);
    await stage.pass("lease.expiresAt");
  },
  "running, attempt too long": async (stage: Stage) => {
    await situations.running(stage);
    await stage.pass("lease.deadlineAt");
  },
  "last attempt, lease out": async (stage: Stage) => {
    await stage.create();
    for (let attempt = 1; attempt < maxAttempts; attempt++) {
      await stage.claim();
      await stage.lapse();
    }
    await stage.claim();
    await stage.pass("lease.expiresAt");
  },
  "claimed again after a lapse": async (stage: Stage) => {
    await situations.running(stage);
    await stage.lapse();
    await stage.claim();
  },
  "waiting, deadline passed": async (stage: Stage) => {
    await stage.create();
    await stage.pass("deadlineAt");
  },
  "running, deadline passed": async (stage: Stage) => {
    await situations.running(stage);
    await stage.pass("deadlineAt");
  },
  "backing off": async (stage: Stage) => {
    await situations.running(stage);
    await stage.exit(retry);
  },
  "backoff over": async (stage: Stage) => {
    await situations["backing off"](stage);
    await stage.pass("notBefore");
  },
} satisfies Record<string, (stage: Stage) => Promise<void>>;

export type Situation = keyof typeof situations;

type Act = (stage: Stage, jobs: JobStore) => Promise<string>;

const claimFor =
  (engine: string): Act =>
  async (stage, jobs) => {
    const claims = await jobs.claim("another", [engine], 1, true);
    stage.leases.push(...claims.map(({ lease }) => lease));
    return claims.length === 0 ? "nothing" : "taken";
  };

const exitBy =
  (leaseOf: (stage: Stage) => Lease, exitOf: (lease: Lease) => Exit): Act =>
  async (stage, jobs) => {
    const lease = leaseOf(stage);
    const job = await jobs.exit(lease, exitOf(lease), null);
    return job === null ? "lost" : stateOf(job);
  };

const createWith =
  (hash: string): Act =>
  async (_, jobs) => {
    const job = newTestJob({ ...scope, idempotency: { key: "same", hash } });
    try {
      return (await jobs.create(job)).id === job.id ? "made" : "repeat";
    } catch (error) {
      return (error as { kind: string }).kind;
    }
  };

const held = (stage: Stage): Lease => stage.leases[stage.leases.length - 1] as Lease;
const oldest = (stage: Stage): Lease => stage.leases[0] as Lease;

/** What an actor does, and what it is told. */
export const acts = {
  create: createWith("one"),
  "create another": createWith("two"),
  claim: claimFor(engines[0]),
  "claim the other": claimFor(engines[1]),
  cancel: async (stage, jobs) => {
    const job = await jobs.requestCancel(scope, stage.jobId);
    return job === null ? "not found" : stateOf(job);
  },
  heartbeat: async (stage, jobs) => {
    const [beat] = await jobs.heartbeat([{ lease: held(stage), progress: null }]);
    if (beat === undefined) return "lost";
    return beat.cancelRequested ? "stop" : "held";
  },
  succeed: exitBy(held, succeedBy),
  fail: exitBy(held, () => ({ kind: "fail", failure: { kind: "engine", message: "Broken." } })),
  refuse: exitBy(held, () => ({ kind: "refuse", reason: "No." })),
  release: exitBy(held, () => ({ kind: "release", checkpoint: null })),
  retry: exitBy(held, () => retry),
  "succeed by the old lease": exitBy(oldest, succeedBy),
  "succeed by another token": exitBy(
    (stage) => ({ ...held(stage), token: "0".repeat(32) }),
    succeedBy,
  ),
  "succeed by another epoch": exitBy(
    (stage) => ({ ...held(stage), epoch: held(stage).epoch + 1 }),
    succeedBy,
  ),
  lapse: async (_, jobs) => `swept ${await jobs.sweepLapsed()}`,
  due: async (_, jobs) => `swept ${await jobs.sweepDue()}`,
  expire: async (_, jobs) => `swept ${await jobs.sweepExpired()}`,
  "lapse and claim": async (stage, jobs) => {
    await jobs.sweepLapsed();
    const [claim] = await jobs.claim("another", [engines[0]], 1, true);
    if (claim !== undefined) stage.leases.push(claim.lease);
    return claim === undefined ? "nothing" : "taken";
  },
  /** The backoff ends, the job is claimed and backs off once more. */
  "another round": async (stage, jobs) => {
    await jobs.sweepDue();
    const [claim] = await jobs.claim("another", [engines[0]], 1, true);
    if (claim === undefined) return "nothing";
    stage.leases.push(claim.lease);
    const job = await jobs.exit(claim.lease, retry, null);
    return job === null ? "lost" : stateOf(job);
  },
} satisfies Record<string, Act>;

export type ActName = keyof typeof acts;
