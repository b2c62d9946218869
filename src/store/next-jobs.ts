/** The look for the next jobs of some organizations: priority, then age, which `rank` has made one of. */
import type { Database } from "./database.ts";
import { type JobDocument, schemaVersion } from "./documents.ts";

type Jobs = Database["jobs"];

/** The ids of the next jobs of each organization, in their order. */
type NextJobs = Map<string, string[]>;

/** Jobs that this code understands. */
const known = { $lte: schemaVersion };

/** The very next job of one organization for one engine. */
type First = Pick<JobDocument, "schema" | "rank"> & {
  readonly org: string;
  readonly jobId: string;
};

/**
 * As `severalOf`, but for one of each where there are as many organizations as there is `room` for jobs.
 * @param organizations have a free slot
 */
export async function nextJobs(
  jobs: Jobs,
  organizations: readonly string[],
  engines: readonly string[],
  room: number,
  most: (organization: string) => number,
): Promise<NextJobs> {
  if (organizations.length >= room) {
    const first = await firstOfEach(jobs, organizations, engines);
    if (first.size === organizations.length) return first;
  }
  return severalOf(jobs, organizations, engines, most);
}

/** The very next job of each; nothing of those where it is of a newer version and may hide others. */
async function firstOfEach(
  jobs: Jobs,
  organizations: readonly string[],
  engines: readonly string[],
): Promise<NextJobs> {
  const found = await Promise.all(engines.map((engine) => firstOf(jobs, organizations, engine)));
  const firsts = found.flat().toSorted(byRank);
  const newer = new Set(
    firsts.filter(({ schema }) => schema > schemaVersion).map(({ org }) => org),
  );
  const next: NextJobs = new Map();
  for (const { org, jobId } of firsts) {
    if (!next.has(org) && !newer.has(org)) next.set(org, [jobId]);
  }
  return next;
}

/** A document of an earlier version has no rank, and goes first. */
function byRank(one: First, other: First): number {
  return Number(one.rank ?? 0) - Number(other.rank ?? 0);
}

/**
 * One of each, where the server skips from organization to organization in the index: a quarter of the time
 * that `severalOf` takes for 32 of them (measured). For one engine at a time, or it would not skip.
 */
function firstOf(jobs: Jobs, organizations: readonly string[], engine: string): Promise<First[]> {
  const first = (field: string) => ({ $first: field });
  return jobs
    .aggregate<First>(
      [
        { $match: { phase: "waiting", engine, org: { $in: [...organizations] } } },
        { $sort: { phase: 1, engine: 1, org: 1, rank: 1, _id: 1 } },
        {
          $group: {
            _id: "$org",
            org: first("$org"),
            jobId: first("$_id"),
            schema: first("$schema"),
            rank: first("$rank"),
          },
        },
      ],
      { hint: "queue" },
    )
    .toArray();
}

/** The next jobs of each organization that has any, up to `most` of each, in one round trip. */
export async function severalOf(
  jobs: Jobs,
  organizations: readonly string[],
  engines: readonly string[],
  most: (organization: string) => number,
): Promise<NextJobs> {
  const lookFor = (org: string) => [
    { $match: { phase: "waiting", engine: { $in: [...engines] }, org, schema: known } },
    { $sort: { rank: 1, _id: 1 } },
    { $limit: most(org) },
    { $project: { org: 1 } },
  ];
  const [first, ...rest] = organizations;
  if (first === undefined) return new Map();
  const found = await jobs
    .aggregate<Pick<JobDocument, "_id" | "org">>([
      ...lookFor(first),
      ...rest.map((org) => ({ $unionWith: { coll: "jobs", pipeline: lookFor(org) } })),
    ])
    .toArray();
  const next: NextJobs = new Map();
  for (const { _id, org } of found) next.set(org, [...(next.get(org) ?? []), _id]);
  return next;
}
