/**
 * The claim: takes slots for the next jobs, organization by organization (see "The claim takes a slot" in
 * the design). It looks, then writes; what changed in between costs a candidate, never an invariant: the
 * unique index on the slot is the wall of the cap, and the guard on `phase` that of the job.
 */
import type { Clock } from "../base/clock.ts";
import type { Random } from "../base/random.ts";
import type { Claim } from "../generations/job.ts";
import { type Database, isDuplicateKey } from "./database.ts";
import { type JobDocument, type LeaseDocument, toJob } from "./documents.ts";
import { nextJobs, severalOf } from "./next-jobs.ts";
import { ofEach } from "./of-each.ts";
import { OrganizationRing } from "./organization-ring.ts";
import type { MongoOrganizations } from "./organizations.ts";
import { claimOf, type TimeLimits } from "./updates.ts";

export interface ClaimOptions extends TimeLimits {
  /** Jobs that may run at once in an organization whose record does not say. */
  readonly defaultCap: number;
}

/**
 * Jobs that one claim takes, at most: while these begin and end, the next claim is on its way. All that a
 * worker of 64 has room for in one claim was a seventh slower (measured).
 */
const jobsPerClaim = 32;
/** Organizations that a claim considers at a time, at most; at first twice as many as it has room for. */
const organizationsPerClaim = 64;
/** Of so few the next jobs are read beside the slots: a round trip less until a lone job begins. */
const fewOrganizations = 2;
/** The look for waiting organizations is repeated at least this often, in milliseconds. */
const lookEveryMs = 1_000;

/** Claims that try again after they lost all of their candidates to other workers, at most. */
const mostLost = 3;

interface Candidate {
  readonly organization: string;
  readonly jobId: string;
  readonly slot: number;
}

/** Claims over MongoDB for one worker process, which keeps the ring. */
export class Claims {
  readonly #database: Database;
  readonly #organizations: MongoOrganizations;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #options: ClaimOptions;
  readonly #ring = new OrganizationRing();
  #lookedAt = Number.NEGATIVE_INFINITY;

  constructor(
    database: Database,
    organizations: MongoOrganizations,
    ports: { readonly clock: Clock; readonly random: Random },
    options: ClaimOptions,
  ) {
    this.#database = database;
    this.#organizations = organizations;
    this.#clock = ports.clock;
    this.#random = ports.random;
    this.#options = options;
  }

  /** Up to `most` jobs, and up to 32; fewer when there are fewer, when caps are reached or when others were faster. */
  async claim(
    owner: string,
    engines: readonly string[],
    most: number,
    hinted: boolean,
    newcomers: readonly string[] = [],
  ): Promise<Claim[]> {
    const room = Math.min(most, jobsPerClaim);
    if (room <= 0) return [];
    if (newcomers.length > 0) this.#ring.add(newcomers);
    if (hinted) this.#lookedAt = Number.NEGATIVE_INFINITY;
    await this.#look(engines);
    let lost = 0;
    let width = room;
    // Organizations at their cap go to the back, so that each turn of the loop sees the next ones.
    for (let left = this.#ring.size; left > 0; left -= width) {
      width = Math.min(2 * width, organizationsPerClaim);
      const organizations = this.#ring.next(width);
      const candidates = await this.#candidates(organizations, engines, room);
      if (candidates.length === 0) continue;
      const claims = await this.#take(owner, candidates);
      this.#served(candidates, claims);
      if (claims.length > 0 || ++lost > mostLost) return claims;
      // Others were faster; the same organizations may have more.
      left += width;
    }
    return [];
  }

  /** Whose job was lost to another worker keeps its turn; one that had two is as far back as its last. */
  #served(candidates: readonly Candidate[], claims: readonly Claim[]): void {
    const taken = new Set(claims.map(({ job }) => job.id));
    const had = candidates.filter(({ jobId }) => taken.has(jobId));
    this.#ring.toBack(had.map(({ organization }) => organization));
  }

  async #look(engines: readonly string[]): Promise<void> {
    const now = this.#clock.monotonicMs();
    if (this.#ring.size > 0 && now - this.#lookedAt < lookEveryMs) return;
    this.#lookedAt = now;
    const found = await Promise.all(engines.map((engine) => this.#organizationsWith(engine)));
    this.#ring.replace(found.flat());
  }

  /** For each engine by itself: only then does the server skip from one organization to the next. */
  async #organizationsWith(engine: string): Promise<string[]> {
    const found = await this.#database.jobs
      .aggregate<{ _id: string }>(
        [{ $match: { phase: "waiting", engine } }, { $group: { _id: "$org" } }],
        { hint: "queue" },
      )
      .toArray();
    return found.map(({ _id }) => _id);
  }

  /** Pairs free slots with the next jobs, one for each organization in turn. */
  async #candidates(
    organizations: string[],
    engines: readonly string[],
    room: number,
  ): Promise<Candidate[]> {
    const { jobs } = this.#database;
    const isFew = organizations.length <= fewOrganizations;
    const [free, early] = await Promise.all([
      this.#freeSlots(organizations),
      isFew ? severalOf(jobs, organizations, engines, () => room) : null,
    ]);
    const isOpen = (organization: string) => (free.get(organization)?.length ?? 0) > 0;
    const open = organizations.filter(isOpen);
    const full = organizations.filter((organization) => !isOpen(organization));
    const most = (organization: string) => Math.min(room, free.get(organization)?.length ?? 0);
    const next = early ?? (await nextJobs(jobs, open, engines, room, most));
    const chosen: Candidate[] = [];
    for (let round = 0; round < room && chosen.length < room; round++) {
      for (const organization of open) {
        const jobId = next.get(organization)?.[round];
        const slot = free.get(organization)?.[round];
        if (jobId === undefined || slot === undefined || chosen.length === room) continue;
        chosen.push({ organization, jobId, slot });
      }
    }
    for (const organization of open) {
      if (next.get(organization)?.length === 0) this.#ring.remove(organization);
    }
    this.#ring.toBack(full);
    return chosen;
  }

  async #freeSlots(organizations: string[]): Promise<Map<string, number[]>> {
    const [caps, used] = await Promise.all([
      this.#organizations.capsOf(organizations),
      this.#database.jobs
        .find(
          { org: { $in: organizations }, slot: { $gte: 0 } },
          { projection: { _id: 0, org: 1, slot: 1 }, hint: "slot" },
        )
        .toArray(),
    ]);
    const taken = new Set(used.map(({ org, slot }) => `${slot} ${org}`));
    const freeOf = (organization: string) => {
      const cap = caps.get(organization) ?? this.#options.defaultCap;
      const running = used.filter(({ org }) => org === organization).length;
      const slots = Array.from({ length: cap }, (_, slot) => slot);
      // After a cap was lowered, jobs may still run in slots above it; they count.
      return slots
        .filter((slot) => !taken.has(`${slot} ${organization}`))
        .slice(0, Math.max(0, cap - running));
    };
    return new Map(organizations.map((organization) => [organization, freeOf(organization)]));
  }

  /** One candidate by one call, several by one update of all. */
  async #take(owner: string, candidates: readonly Candidate[]): Promise<Claim[]> {
    const token = this.#random.hex(16);
    const [only] = candidates;
    const sentAtMs = this.#clock.monotonicMs();
    if (only !== undefined && candidates.length === 1) {
      return this.#takeOne(owner, token, only, sentAtMs);
    }
    const ids = candidates.map(({ jobId }) => jobId);
    const slots = candidates.map(({ slot }) => slot);
    const slot = ofEach(ids, slots);
    let failure: unknown;
    try {
      await this.#database.jobs.updateMany(
        { _id: { $in: ids }, phase: "waiting" },
        claimOf(owner, token, slot, this.#options),
        { hint: { _id: 1 } },
      );
    } catch (error) {
      // The driver does not send an update of many again. If only its answer was lost, the look finds what
      // it took, which would otherwise wait for its lease to run out.
      if (isDuplicateKey(error)) await this.#takeEach(owner, token, candidates);
      else failure = error;
    }
    const taken = await this.#database.jobs
      .find({ _id: { $in: ids }, phase: "running", "lease.token": token })
      .toArray();
    if (taken.length === 0 && failure !== undefined) throw failure;
    return taken.map((document) => toClaim(document, sentAtMs));
  }

  async #takeOne(
    owner: string,
    token: string,
    { jobId, slot }: Candidate,
    sentAtMs: number,
  ): Promise<Claim[]> {
    try {
      const taken = await this.#database.jobs.findOneAndUpdate(
        { _id: jobId, phase: "waiting" },
        claimOf(owner, token, slot, this.#options),
        { returnDocument: "after", hint: { _id: 1 } },
      );
      return taken === null ? [] : [toClaim(taken, sentAtMs)];
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
      return [];
    }
  }

  /** One by one, after a slot that another worker took ended the update of all at that job. */
  async #takeEach(owner: string, token: string, candidates: readonly Candidate[]): Promise<void> {
    try {
      await this.#database.jobs.bulkWrite(
        candidates.map(({ jobId, slot }) => ({
          updateOne: {
            filter: { _id: jobId, phase: "waiting" },
            update: claimOf(owner, token, slot, this.#options),
          },
        })),
        { ordered: false },
      );
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
    }
  }
}

function toClaim(document: JobDocument, sentAtMs: number): Claim {
  const { token } = document.lease as LeaseDocument;
  const lease = { jobId: document._id, token, epoch: document.epoch };
  return { job: toJob(document), lease, sentAtMs };
}
