/** The look for the next jobs of some organizations: priority, then age, which `rank` has made one of. */
import type { Database } from "./database.ts";
import { type JobDocument, schemaVersion } from "./documents.ts";

type Jobs = Database["jobs"];

/** The ids of the next jobs of each organization that was looked at, in their order; none where none waits. */
type NextJobs = Map<string, string[]>;

/** Jobs that this code understands. */
const known = { $lte: schemaVersion };

/** The very next job of one organization for one engine. */
type First = Pick<JobDocument, "schema" | "rank"> & {
  readonly org: string;
  readonly jobId: string;
};

/**
 * As `severalOf`, but for one of each where as many organizations as there is `room` for jobs have one: of the
 * first of them only, if all of those have, and then of none of the others.
 * @param organizations have a free slot; in the order of their turns
 */
export async function nextJobs(
  jobs: Jobs,
  organizations: readonly string[],
  engines: readonly string[],
  room: number,
  most: (organization: string) => number,
): Promise<NextJobs> {
  const enough = async (some: readonly string[]) => {
    if (some.length < room) return undefined;
    const first = await firstOfEach(jobs, some, engines);
    return first !== undefined && countOf(first) >= room ? first : undefined;
  };
  // Whoever has none gives its turn to one behind, before any other has a second.
  return (
    (await enough(organizations.slice(0, room))) ??
    (organizations.length > room ? await enough(organizations) : undefined) ??
    severalOf(jobs, organizations, engines, most)
  );
}

function countOf(next: NextJobs): number {
  return [...next.values()].reduce((count, ids) => count + ids.length, 0);
}

/** The very next job of each; undefined when one of those is of a newer version and may hide others. */
async function firstOfEach(
  jobs: Jobs,
  organizations: readonly string[],
  engines: readonly string[],
): Promise<NextJobs | undefined> {
  const found = await Promise.all(engines.map((engine) => firstOf(jobs, organizations, engine)));
  const firsts = found.flat().toSorted(byRank);
  if (firsts.some(({ schema }) => schema > schemaVersion)) return undefined;
  const next = noneOf(organizations);
  for (const { org, jobId } of firsts) {
    if (next.get(org)?.length === 0) next.set(org, [jobId]);
  }
  return next;
}

function noneOf(organizations: readonly string[]): NextJobs {
  return new Map(organizations.map((organization) => [organization, []]));
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

/** The next jobs of each organization, up to `most` of each, in one round trip. */
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
  const next = noneOf(organizations);
  for (const { _id, org } of found) next.get(org)?.push(_id);
  return next;
}
