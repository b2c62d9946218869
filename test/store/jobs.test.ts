/** The job store against a real mongod: scope, idempotency, the fence, and the cancel rule on every exit. */
import { describe, expect, it } from "vitest";
import type { CallBounds } from "../../src/generations/call-bounds.ts";
import type { Claim, Job } from "../../src/generations/job.ts";
import type { Change, Exit, NewJob } from "../../src/generations/job-store.ts";
import { maxAttempts } from "../../src/generations/state.ts";
import { newTestJob, openTestStore } from "../support/store.ts";

const store = await openTestStore({ defaultCap: 100 });
const { jobs, database, feed } = store;
const scope = { organizationId: "org_a", userId: "user_1" };

/** A job in a fresh organization, claimed. */
async function claimed(change: Partial<NewJob> = {}): Promise<Claim> {
  const job = await jobs.create(newTestJob({ engine: "fence", ...change }));
  const claims = await jobs.claim("worker", [job.engine], 100, true);
  const mine = claims.find((claim) => claim.job.id === job.id);
  if (mine === undefined) throw new Error("the job was not claimed");
  return mine;
}

const track = {
  id: "mtrack_1",
  title: "Rain",
  engine: "fence",
  mode: "creation",
  instrumental: true,
  measuredDurationSeconds: 5,
  mimeType: "audio/mpeg",
  licenceClass: "commercial_cleared",
  artifact: "tracks/x/1/master.mp3",
  extras: [],
  stemGainDb: null,
} as const;

const broken = { kind: "engine_transient", message: "$broken" } as const;

/** Every way out of `running`, with where it leads when no cancel is asked for. */
const exits: readonly [Exit, Pick<Job, "status" | "phase">][] = [
  [
    { kind: "succeed", track },
    { status: "succeeded", phase: "ended" },
  ],
  [
    { kind: "fail", failure: { kind: "engine", message: "$broken" } },
    { status: "failed", phase: "ended" },
  ],
  [
    { kind: "refuse", reason: "No." },
    { status: "refused", phase: "ended" },
  ],
  [
    { kind: "release", checkpoint: null },
    { status: "queued", phase: "waiting" },
  ],
  [
    { kind: "retry", delayMs: 60_000, failure: broken },
    { status: "queued", phase: "backoff" },
  ],
];

/** A succeed needs a track of its own, since ids are unique. */
function own(exit: Exit, claim: Claim): Exit {
  if (exit.kind !== "succeed") return exit;
  return { ...exit, track: { ...exit.track, id: `mtrack_${claim.job.id}` } };
}

async function expireLease(jobId: string): Promise<void> {
  await database.jobs.updateOne({ _id: jobId }, { $set: { "lease.expiresAt": new Date(0) } });
}

async function document(jobId: string) {
  const found = await database.jobs.findOne({ _id: jobId });
  if (found === null) throw new Error("no such job");
  return found;
}

describe("create", () => {
  it("queues the job as it was asked for", async () => {
    const made = await jobs.create(newTestJob());
    expect(made).toMatchObject({ status: "queued", phase: "waiting", version: 1, attempts: 0 });
    expect(await jobs.get(scope, made.id)).toEqual(made);
  });

  it("keeps text that looks like an expression as text", async () => {
    const prompt = "$$ROOT and $title";
    const base = newTestJob();
    const made = await jobs.create({ ...base, request: { ...base.request, prompt } });
    expect(made.request.prompt).toBe(prompt);
  });

  it("answers the first job to a repeat of its idempotency key, also at the same time", async () => {
    const idempotency = { key: "same", hash: "h" };
    const made = await Promise.all(
      Array.from({ length: 8 }, () => jobs.create(newTestJob({ idempotency }))),
    );
    expect(new Set(made.map(({ id }) => id)).size).toBe(1);
  });

  it("refuses another request under a key that came before", async () => {
    await jobs.create(newTestJob({ idempotency: { key: "other", hash: "one" } }));
    await expect(
      jobs.create(newTestJob({ idempotency: { key: "other", hash: "two" } })),
    ).rejects.toMatchObject({ kind: "idempotency_key_reused" });
  });

  it("keeps idempotency keys of users and organizations apart", async () => {
    const idempotency = { key: "mine", hash: "h" };
    const made = [
      await jobs.create(newTestJob({ idempotency })),
      await jobs.create(newTestJob({ idempotency, userId: "user_2" })),
      await jobs.create(newTestJob({ idempotency, organizationId: "org_b" })),
    ];
    expect(new Set(made.map(({ id }) => id)).size).toBe(3);
  });
});

describe("scope", () => {
  const others = [
    { organizationId: "org_a", userId: "user_2" },
    { organizationId: "org_b", userId: "user_1" },
  ];

  it.each(others)("hides a job from %o", async (other) => {
    const made = await jobs.create(newTestJob());
    expect(await jobs.get(other, made.id)).toBeNull();
    expect(await jobs.requestCancel(other, made.id)).toBeNull();
    const listed = await jobs.list(other, { status: null, limit: 100, offset: 0, after: null });
    expect(listed.map(({ id }) => id)).not.toContain(made.id);
    expect((await jobs.get(scope, made.id))?.cancel).toBeNull();
  });

  it("hides a track from others", async () => {
    const claim = await claimed();
    const done = await jobs.exit(claim.lease, own({ kind: "succeed", track }, claim), null);
    const trackId = done?.track?.id ?? "";
    expect((await jobs.findByTrack(scope, trackId))?.id).toBe(claim.job.id);
    for (const other of others) expect(await jobs.findByTrack(other, trackId)).toBeNull();
  });
});

describe("a read that nobody waits for any more", () => {
  const filter = { status: null, limit: 1, offset: 0, after: null };

  it.each([
    ["get", (bounds: CallBounds) => jobs.get(scope, "mgen_1", bounds)],
    ["list", (bounds: CallBounds) => jobs.list(scope, filter, bounds)],
    ["findByTrack", (bounds: CallBounds) => jobs.findByTrack(scope, "mtrack_1", bounds)],
  ])("%s ends with the reason, and the store goes on", async (_name, read) => {
    const reason = new Error("too late");
    const caller = new AbortController();
    const bounds = { signal: caller.signal, timeoutMs: () => undefined };
    const reading = read(bounds);
    caller.abort(reason);
    await expect(reading).rejects.toBe(reason);
    await expect(read(bounds)).rejects.toBe(reason);
    expect(await jobs.get(scope, "mgen_1")).toBeNull();
  });
});

describe("list", () => {
  it("is newest first, filtered, and pages without gap or double", async () => {
    const mine = { organizationId: "org_list", userId: "user_1" };
    const made: string[] = [];
    for (let n = 0; n < 7; n++) made.push((await jobs.create(newTestJob({ ...mine }))).id);
    await jobs.requestCancel(mine, made[2] ?? "");
    const all = await jobs.list(mine, { status: null, limit: 100, offset: 0, after: null });
    expect(all.map(({ createdAt }) => createdAt.getTime())).toEqual(
      all.map(({ createdAt }) => createdAt.getTime()).sort((a, b) => b - a),
    );
    const seen: string[] = [];
    let after: Job | null = null;
    for (;;) {
      const page = await jobs.list(mine, { status: null, limit: 3, offset: 0, after });
      seen.push(...page.map(({ id }) => id));
      after = page.at(-1) ?? null;
      if (after === null) break;
    }
    expect(seen).toEqual(all.map(({ id }) => id));
    expect([...seen].sort()).toEqual([...made].sort());
    const cancelled = await jobs.list(mine, {
      status: "cancelled",
      limit: 9,
      offset: 0,
      after: null,
    });
    expect(cancelled.map(({ id }) => id)).toEqual([made[2]]);
  });
});

describe("exits from running", () => {
  it.each(exits)("%o leads to %o", async (exit, expected) => {
    const claim = await claimed();
    const job = await jobs.exit(claim.lease, own(exit, claim), null);
    expect(job).toMatchObject({ ...expected, version: claim.job.version + 1 });
    const { slot, lease } = await document(claim.job.id);
    expect([slot, lease]).toEqual([undefined, undefined]);
    expect(job?.endedAt === null).toBe(expected.phase !== "ended");
  });

  it.each(exits)("%o after a cancel leads to cancelled", async (exit) => {
    const claim = await claimed();
    const asked = await jobs.requestCancel(scope, claim.job.id);
    expect(asked).toMatchObject({ status: "running", version: claim.job.version + 1 });
    const receipt = { observedMsAgo: 20, checkpoint: "bar 3" };
    const job = await jobs.exit(claim.lease, own(exit, claim), receipt);
    expect(job).toMatchObject({
      status: "cancelled",
      phase: "ended",
      track: null,
      failure: null,
      refusal: null,
      cancel: { checkpoint: "bar 3" },
    });
    expect(job?.cancel?.observedAt).toBeInstanceOf(Date);
    const { slot, lease, notBefore } = await document(claim.job.id);
    expect([slot, lease, notBefore]).toEqual([undefined, undefined, undefined]);
  });

  it("says what failed, word for word", async () => {
    const claim = await claimed();
    const [exit] = exits[1] ?? [];
    const job = await jobs.exit(claim.lease, exit as Exit, null);
    expect(job?.failure).toEqual({ kind: "engine", message: "$broken" });
  });

  it("a release does not count the attempt and keeps the checkpoint", async () => {
    const claim = await claimed();
    const checkpoint = { label: "chunk 2 of 4", data: { chunk: 2 } };
    const job = await jobs.exit(claim.lease, { kind: "release", checkpoint }, null);
    expect(job).toMatchObject({ attempts: 0, checkpoint: { ...checkpoint, epoch: 1 } });
  });
});

describe("the fence", () => {
  const stale: readonly [string, (claim: Claim) => Claim["lease"]][] = [
    ["another token", ({ lease }) => ({ ...lease, token: "0".repeat(32) })],
    ["an older epoch", ({ lease }) => ({ ...lease, epoch: lease.epoch - 1 })],
    ["another job", ({ lease }) => ({ ...lease, jobId: "mgen_0" })],
  ];

  it.each(stale)("a write by %s changes nothing", async (_name, change) => {
    const claim = await claimed();
    const before = await document(claim.job.id);
    const lease = change(claim);
    for (const [exit] of exits) expect(await jobs.exit(lease, own(exit, claim), null)).toBeNull();
    const news = { percent: 50, phase: "render", message: "Rendering" };
    const other = await claimed();
    for (const progress of [news, null]) {
      const beats = [lease, other.lease].map((each) => ({ lease: each, progress }));
      const told = await jobs.heartbeat(beats);
      expect(told).toEqual([{ jobId: other.job.id, cancelRequested: false }]);
    }
    expect(await document(claim.job.id)).toEqual(before);
  });

  it("a lease that lapsed and was claimed again is fenced off", async () => {
    const first = await claimed();
    await expireLease(first.job.id);
    await jobs.sweepLapsed();
    const [second] = await jobs.claim("other", ["fence"], 1, true);
    expect(second?.job.id).toBe(first.job.id);
    expect(second?.lease.epoch).toBe(first.lease.epoch + 1);
    expect(await jobs.exit(first.lease, own({ kind: "succeed", track }, first), null)).toBeNull();
    const done = await jobs.exit(second!.lease, own({ kind: "succeed", track }, second!), null);
    expect(done?.status).toBe("succeeded");
  });

  it("a terminal state never changes", async () => {
    for (const [exit, { phase }] of exits.filter(([, to]) => to.phase === "ended")) {
      const claim = await claimed();
      const ended = await jobs.exit(claim.lease, own(exit, claim), null);
      expect(ended?.phase).toBe(phase);
      expect(await jobs.requestCancel(scope, claim.job.id)).toEqual(ended);
      for (const [again] of exits) {
        // A repeat, whatever it says now, is told what became of the attempt.
        expect(await jobs.exit(claim.lease, own(again, claim), null)).toEqual(ended);
      }
      expect(await jobs.get(scope, claim.job.id)).toEqual(ended);
    }
  });
});

describe("the change feed", () => {
  it("tells of what changed, and of no heartbeat without news", async () => {
    const claim = await claimed();
    const { id } = claim.job;
    const heard: Change[] = [];
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    const off = feed.onAny((change) => {
      if (change?.jobId !== id) return;
      heard.push(change);
      if (change.phase === "ended") resolve();
    });
    await jobs.heartbeat([{ lease: claim.lease, progress: null }]);
    await jobs.requestCancel(scope, id);
    await jobs.exit(claim.lease, { kind: "release", checkpoint: null }, null);
    await ended;
    off();
    const since = heard.slice(heard.findIndex(({ phase }) => phase === "running") + 1);
    expect(since.map(({ phase, isCancelRequested }) => [phase, isCancelRequested])).toEqual([
      [null, true],
      ["ended", false],
    ]);
  });
});

describe("heartbeat", () => {
  it("extends the lease; only news makes a version, and progress never falls", async () => {
    const claim = await claimed();
    const { lease } = claim;
    const soon = new Date(Date.now() + 5_000);
    await database.jobs.updateOne({ _id: claim.job.id }, { $set: { "lease.expiresAt": soon } });
    expect(await jobs.heartbeat([{ lease, progress: null }])).toEqual([
      { jobId: claim.job.id, cancelRequested: false },
    ]);
    const { lease: renewed } = await document(claim.job.id);
    expect(renewed?.expiresAt.getTime()).toBeGreaterThan(soon.getTime());
    expect((await jobs.get(scope, claim.job.id))?.version).toBe(claim.job.version);
    for (const percent of [40, 10]) {
      await jobs.heartbeat([{ lease, progress: { percent, phase: "render", message: "…" } }]);
    }
    const job = await jobs.get(scope, claim.job.id);
    expect(job).toMatchObject({ version: claim.job.version + 2, progress: { percent: 40 } });
  });

  it.each([
    ["without news", null],
    ["with news", { percent: 40, phase: "render", message: "…" }],
  ])("%s does not bring back a lease that has run out", async (_, progress) => {
    const { job, lease } = await claimed();
    await expireLease(job.id);
    const before = await document(job.id);
    expect(await jobs.heartbeat([{ lease, progress }])).toEqual([]);
    expect(await document(job.id)).toEqual(before);
    expect(await jobs.sweepLapsed()).toBe(1);
  });

  it("tells of a cancel", async () => {
    const claim = await claimed();
    await jobs.requestCancel(scope, claim.job.id);
    const [beat] = await jobs.heartbeat([{ lease: claim.lease, progress: null }]);
    expect(beat?.cancelRequested).toBe(true);
  });
});

describe("cancel", () => {
  it("ends a waiting job at once and a second cancel changes nothing", async () => {
    const made = await jobs.create(newTestJob({ engine: "nobody" }));
    const first = await jobs.requestCancel(scope, made.id);
    expect(first).toMatchObject({ status: "cancelled", phase: "ended", version: 2 });
    expect(await jobs.requestCancel(scope, made.id)).toEqual(first);
    expect(await jobs.claim("worker", ["nobody"], 10, true)).toEqual([]);
  });

  it("ends a job that backs off", async () => {
    const claim = await claimed();
    await jobs.exit(claim.lease, { kind: "retry", delayMs: 0, failure: broken }, null);
    expect(await jobs.requestCancel(scope, claim.job.id)).toMatchObject({
      status: "cancelled",
      progress: { phase: null, message: null },
    });
    expect(await jobs.sweepDue()).toBe(0);
  });

  it("marks a running job once, which goes on to show what it does", async () => {
    const claim = await claimed();
    const progress = { percent: 10, phase: "render", message: "Playing" };
    await jobs.heartbeat([{ lease: claim.lease, progress }]);
    const first = await jobs.requestCancel(scope, claim.job.id);
    expect(first).toMatchObject({ status: "running", progress });
    expect(await jobs.requestCancel(scope, claim.job.id)).toEqual(first);
  });
});

describe("sweeps", () => {
  it("a lapsed lease returns to the queue until the attempts are spent", async () => {
    let { job } = await claimed({ engine: "crashing" });
    for (let attempt = 1; attempt < maxAttempts; attempt++) {
      expect(job.attempts).toBe(attempt);
      await expireLease(job.id);
      expect(await jobs.sweepLapsed()).toBe(1);
      expect(await jobs.get(scope, job.id)).toMatchObject({ status: "queued", phase: "waiting" });
      const [again] = await jobs.claim("worker", ["crashing"], 1, true);
      job = again!.job;
    }
    await expireLease(job.id);
    await jobs.sweepLapsed();
    const ended = await jobs.get(scope, job.id);
    expect(ended).toMatchObject({ status: "failed", failure: { kind: "attempts_exhausted" } });
    expect(ended?.endedAt).toBeInstanceOf(Date);
  });

  it("a lapsed lease of a cancelled job ends it", async () => {
    const { job } = await claimed();
    await jobs.requestCancel(scope, job.id);
    await expireLease(job.id);
    await jobs.sweepLapsed();
    expect(await jobs.get(scope, job.id)).toMatchObject({ status: "cancelled", phase: "ended" });
  });

  it("an attempt that took too long is lost, however well its lease is kept", async () => {
    const { job, lease } = await claimed();
    await database.jobs.updateOne({ _id: job.id }, { $set: { "lease.deadlineAt": new Date(0) } });
    expect(await jobs.heartbeat([{ lease, progress: null }])).toHaveLength(1);
    await jobs.sweepLapsed();
    expect(await jobs.get(scope, job.id)).toMatchObject({ phase: "waiting", attempts: 1 });
    expect(await jobs.heartbeat([{ lease, progress: null }])).toEqual([]);
  });

  it("a lease of a version without deadlines is kept", async () => {
    const { job } = await claimed();
    const unset = { "lease.deadlineAt": "", deadlineAt: "" } as const;
    await database.jobs.updateOne({ _id: job.id }, { $unset: unset });
    await jobs.sweepLapsed();
    await jobs.sweepExpired();
    expect(await jobs.get(scope, job.id)).toMatchObject({ phase: "running" });
  });

  it("a job whose time is up fails wherever it is, or is cancelled when that was asked", async () => {
    const waiting = await jobs.create(newTestJob({ engine: "nobody" }));
    const running = (await claimed()).job;
    const backing = await claimed();
    await jobs.exit(backing.lease, { kind: "retry", delayMs: 60_000, failure: broken }, null);
    const asked = (await claimed()).job;
    await jobs.requestCancel(scope, asked.id);
    const ids = [waiting.id, running.id, backing.job.id, asked.id];
    await database.jobs.updateMany({ _id: { $in: ids } }, { $set: { deadlineAt: new Date(0) } });
    expect(await jobs.sweepExpired()).toBe(4);
    const ended = await Promise.all(ids.map((id) => jobs.get(scope, id)));
    expect(ended.map((job) => [job?.status, job?.phase, job?.failure?.kind])).toEqual([
      ["failed", "ended", "deadline"],
      ["failed", "ended", "deadline"],
      ["failed", "ended", "deadline"],
      ["cancelled", "ended", undefined],
    ]);
    expect(await database.jobs.countDocuments({ _id: { $in: ids }, slot: { $gte: 0 } })).toBe(0);
    expect(await jobs.sweepExpired()).toBe(0);
  });

  it("a backoff that is over waits again", async () => {
    const claim = await claimed({ engine: "retrying" });
    await jobs.exit(claim.lease, { kind: "retry", delayMs: 0, failure: broken }, null);
    expect(await jobs.sweepDue()).toBe(1);
    const [again] = await jobs.claim("worker", ["retrying"], 1, true);
    expect(again?.job).toMatchObject({ id: claim.job.id, attempts: 2 });
  });
});
