/** The claim against a real mongod: the cap is a wall, and organizations take turns. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import { systemRandom } from "../../src/base/random.ts";
import { headStartMs, type Priority } from "../../src/generations/priority.ts";
import { createStore } from "../../src/store/index.ts";
import { OrganizationRing } from "../../src/store/organization-ring.ts";
import { newTestJob, openTestStore, silentLog, testLimits } from "../support/store.ts";
import { intercept } from "./protocol/intercept.ts";

const store = await openTestStore({ defaultCap: 2 });
const { jobs, database, organizations } = store;

/** Another worker process: its own ring over the same database. */
function anotherWorker(over = database, clock = systemClock) {
  const ports = { clock, random: systemRandom, log: silentLog };
  return createStore(over, ports, { ...testLimits, defaultCap: 2 }).jobs;
}

async function queue(organizationId: string, engine: string, count: number): Promise<void> {
  for (let n = 0; n < count; n++) await jobs.create(newTestJob({ organizationId, engine }));
}

describe("the cap", () => {
  it("holds against many workers that claim at the same time", async () => {
    await queue("org_race", "race", 20);
    const workers = Array.from({ length: 8 }, () => anotherWorker());
    for (let round = 0; round < 3; round++) {
      await Promise.all(workers.map((worker, n) => worker.claim(`w${n}`, ["race"], 5, true)));
      expect(await database.jobs.countDocuments({ org: "org_race", phase: "running" })).toBe(2);
    }
  });

  it("is the organization's own where its record says so, also after a change", async () => {
    await organizations.addMember("org_own", "user_1");
    await organizations.setCap("org_own", 3);
    await queue("org_own", "own", 10);
    expect(await jobs.claim("w", ["own"], 10, true)).toHaveLength(3);
    await organizations.setCap("org_own", 1);
    const running = await database.jobs.find({ org: "org_own", phase: "running" }).toArray();
    const highest = running.find(({ slot }) => slot === 2);
    await database.jobs.deleteOne({ _id: running.find(({ slot }) => slot === 0)?._id ?? "" });
    expect(highest).toBeDefined();
    expect(await jobs.claim("w", ["own"], 10, true)).toEqual([]);
  });
});

describe("a slot that another worker takes after the look", () => {
  it("costs the job that was meant for it, and no other", async () => {
    const create = (id: string, organizationId: string, engine = "taken") =>
      jobs.create(newTestJob({ id, organizationId, engine }));
    await create("mgen_taker", "org_taken", "elsewhere");
    // The first in the order of the index, so that the others come after the collision.
    await create("mgen_slot_a", "org_taken");
    await create("mgen_slot_b", "org_taken");
    await create("mgen_slot_c", "org_free");
    let isTaken = false;
    const before = async (kind: "read" | "write") => {
      if (kind === "read" || isTaken) return;
      isTaken = true;
      const running = { phase: "running", slot: 0 } as const;
      await database.jobs.updateOne({ _id: "mgen_taker" }, { $set: running });
    };
    const another = anotherWorker(intercept(database, { before }));
    const claims = await another.claim("w", ["taken"], 9, true);
    const took = claims.map(({ job }) => job.id).sort();
    expect(took).toEqual(["mgen_slot_b", "mgen_slot_c"]);
    const slots = await database.jobs.find({ _id: { $in: took } }).toArray();
    expect(slots.map(({ _id, slot }) => [_id, slot]).sort()).toEqual([
      ["mgen_slot_b", 1],
      ["mgen_slot_c", 0],
    ]);
  });
});

describe("turns", () => {
  it("one job an organization, before anyone has a second", async () => {
    for (const organization of ["org_1", "org_2", "org_3"]) await queue(organization, "turns", 4);
    const order: string[] = [];
    for (let n = 0; n < 6; n++) {
      const [claim] = await jobs.claim("w", ["turns"], 1, n === 0);
      order.push(claim?.job.organizationId ?? "");
    }
    expect(new Set(order.slice(0, 3)).size).toBe(3);
    expect(order.slice(3)).toEqual(order.slice(0, 3));
  });

  it("a newcomer goes before those that were served", async () => {
    await queue("org_old", "newcomer", 4);
    await jobs.claim("w", ["newcomer"], 1, true);
    await queue("org_new", "newcomer", 1);
    const [claim] = await jobs.claim("w", ["newcomer"], 1, true);
    expect(claim?.job.organizationId).toBe("org_new");
  });

  it("one that has no more jobs leaves its turn to the next, not to one that was served", async () => {
    const stopped = { ...systemClock, monotonicMs: () => 0 };
    const worker = anotherWorker(database, stopped);
    for (const [organization, count] of [
      ["org_done", 1],
      ["org_eager", 3],
      ["org_late", 3],
    ] as const) {
      await queue(organization, "emptied", count);
    }
    await worker.claim("w", ["emptied"], 3, true);
    const claims = await worker.claim("w", ["emptied"], 2, false);
    const served = claims.map(({ job }) => job.organizationId).sort();
    expect(served).toEqual(["org_eager", "org_late"]);
  });

  it("one that a hint names takes part without a look", async () => {
    const stopped = { ...systemClock, monotonicMs: () => 0 };
    const worker = anotherWorker(database, stopped);
    await queue("org_known", "hint", 4);
    await worker.claim("w", ["hint"], 1, true);
    await queue("org_hinted", "hint", 1);
    const [claim] = await worker.claim("w", ["hint"], 1, false, ["org_hinted"]);
    expect(claim?.job.organizationId).toBe("org_hinted");
  });

  it("a crowd of organizations at their cap does not hide one that has a free slot", async () => {
    const crowd = Array.from({ length: 40 }, (_, n) => `org_crowd_${n}`);
    for (const organization of crowd) await queue(organization, "crowd", 3);
    const worker = anotherWorker();
    while ((await worker.claim("w", ["crowd"], 80, true)).length > 0);
    await queue("org_zero", "crowd", 1);
    const [claim] = await anotherWorker().claim("w", ["crowd"], 1, true);
    expect(claim?.job.organizationId).toBe("org_zero");
  });

  it("within an organization the oldest goes first", async () => {
    const first = await jobs.create(newTestJob({ organizationId: "org_age", engine: "age" }));
    await queue("org_age", "age", 2);
    const [claim] = await jobs.claim("w", ["age"], 1, true);
    expect(claim?.job.id).toBe(first.id);
  });

  it.each([1, 2, 3, 9])("and so it does in each of three, with room for %i", async (room) => {
    const engines = [`first_${room}`, `second_${room}`];
    const expected = new Map<string, string>();
    for (const [n, organization] of ["org_x", "org_y", "org_z"].entries()) {
      const organizationId = `${organization}_${room}`;
      const of = (engine?: string) => newTestJob({ organizationId, ...(engine && { engine }) });
      expected.set(organizationId, (await jobs.create(of(engines[n % 2]))).id);
      for (const engine of engines) await jobs.create(of(engine));
    }
    const claims = await jobs.claim("w", engines, room, true);
    const claimed = new Set(claims.map(({ job }) => job.id));
    const served = new Set(claims.map(({ job }) => job.organizationId));
    expect(served.size).toBe(Math.min(room, 3));
    for (const organization of served) expect(claimed).toContain(expected.get(organization));
  });

  it("only engines that the worker has", async () => {
    await queue("org_engine", "mine", 1);
    await queue("org_engine", "theirs", 1);
    const claims = await jobs.claim("w", ["mine"], 10, true);
    expect(claims.map(({ job }) => job.engine)).toEqual(["mine"]);
  });
});

describe("the ring", () => {
  it("serves nobody twice before one that was waiting all the while", () => {
    const names = fc.uniqueArray(fc.constantFrom("a", "b", "c", "d", "e"), { minLength: 1 });
    fc.assert(
      fc.property(fc.array(names, { minLength: 1, maxLength: 40 }), (looks) => {
        const ring = new OrganizationRing();
        const servedSince = new Map<string, Set<string>>();
        for (const look of looks) {
          ring.replace(look);
          for (const name of servedSince.keys())
            if (!new Set<string>(look).has(name)) servedSince.delete(name);
          for (const name of look) if (!servedSince.has(name)) servedSince.set(name, new Set());
          const [served] = ring.next(1);
          if (served === undefined) throw new Error("someone waits and nobody is served");
          for (const [waiting, others] of servedSince) {
            if (waiting === served) continue;
            expect(others.has(served)).toBe(false);
            others.add(served);
          }
          servedSince.delete(served);
          ring.toBack([served]);
        }
      }),
    );
  });
});

describe("priorities", () => {
  const claimOne = async () => {
    const [claim] = await jobs.claim("worker", ["ranked"], 1, true);
    if (claim !== undefined) await jobs.exit(claim.lease, { kind: "refuse", reason: "No." }, null);
    return claim?.job.priority;
  };
  const make = async (priority: Priority) =>
    (await jobs.create(newTestJob({ engine: "ranked", priority }))).id;

  it("decide within an organization, until age does", async () => {
    for (const priority of ["low", "normal", "high"] as const) await make(priority);
    expect([await claimOne(), await claimOne(), await claimOne()]).toEqual([
      "high",
      "normal",
      "low",
    ]);
    const old = await make("low");
    const longAgo = { $subtract: ["$rank", headStartMs.high - headStartMs.low] };
    await database.jobs.updateOne({ _id: old }, [{ $set: { rank: longAgo } }]);
    await make("high");
    expect([await claimOne(), await claimOne()]).toEqual(["low", "high"]);
  });
});
