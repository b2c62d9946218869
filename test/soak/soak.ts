/**
 * The soak: several API and worker processes on one database, a crowd of clients, and random kills of all of
 * them, the database included, while jobs are made; then the audit. `npm run soak -- --help` has the options.
 */
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { systemClock } from "../../src/base/clock.ts";
import { withTimeLimit } from "../../src/base/time-limit.ts";
import { createStudioEngine } from "../../src/engines/studio.ts";
import { phases } from "../../src/generations/state.ts";
import { type Database, openDatabase } from "../../src/store/index.ts";
import { type AuditResult, audit } from "./audit.ts";
import { type BystanderResult, stand } from "./bystanders.ts";
import { type Account, Client, type Piece, seconds, type Told } from "./clients.ts";
import { Cluster, sleep } from "./cluster.ts";

export interface SoakOptions {
  /** No more jobs are asked for after so many, or after so long. */
  readonly jobs: number;
  readonly minutes: number;
  readonly apis: number;
  readonly workers: number;
  readonly clients: number;
  /** Those who make no jobs: they read, watch and make mistakes, over every face. */
  readonly bystanders: number;
  /** The longest time between two blows, in milliseconds; null for none. */
  readonly blowEveryMs: number | null;
  readonly report: (line: string) => void;
}

export interface SoakResult extends AuditResult {
  readonly blows: Readonly<Record<string, number>>;
  readonly repeats: number;
  /** What the bystanders' calls came to. */
  readonly calls: BystanderResult["calls"];
  readonly seconds: number;
}

const organizations = ["org_a", "org_b", "org_c", "org_d"];
const pieces: readonly Piece[] = ["rain", "slow piano", "lofi night", "house", "folk guitar"].map(
  (prompt, seed) => ({ prompt, seed }),
);
/** Jobs that wait or run at a time, at most: enough to keep every cap full. */
const mostActive = 150;
/** Without any job's end for so long the soak gives up. */
const patienceMs = 180_000;
/** How long the soak's own call of the database may take. */
const callLimitMs = 10_000;

export async function soak(options: SoakOptions): Promise<SoakResult> {
  const startedAt = performance.now();
  const folder = await mkdtemp(join(tmpdir(), "music-soak-"));
  const expected = await renderAll(folder);
  const cluster = await Cluster.start(options, folder);
  const database = await openDatabase({ uri: cluster.mongo.uri, name: "music" });
  try {
    const calm = new AbortController();
    const torment =
      options.blowEveryMs === null
        ? Promise.resolve()
        : cluster.torment(options.blowEveryMs, calm.signal);
    const accounts = await createAccounts(cluster);
    const onlookers = await createAccounts(cluster);
    const crowd = createCrowd(cluster, accounts, options);
    const progress = reportProgress(database, options, calm.signal);
    const told: Told[] = [];
    const work = createAll(database, crowd, options, told);
    const jobIdOf = (organization: string) =>
      told.findLast((each) => each.organization === organization)?.id;
    const bystanders = stand(cluster, onlookers, jobIdOf, {
      count: options.bystanders,
      signal: calm.signal,
    });
    // A blow that fails ends the soak; otherwise it goes on until the last job was asked for.
    await Promise.race([work, torment.then(() => work)]);
    calm.abort();
    const [{ calls, faults }] = await Promise.all([bystanders, torment, progress]);
    await untilAllEnded(database);
    const result = await audit(database, told, (piece) => expected.get(piece) ?? "");
    return {
      ...result,
      faults: [...result.faults, ...faults],
      calls,
      blows: Object.fromEntries(cluster.blows),
      repeats: crowd.reduce((sum, { repeats }) => sum + repeats, 0),
      seconds: Math.round((performance.now() - startedAt) / 1000),
    };
  } finally {
    await database.client.close();
    await cluster.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** What each piece sounds like, made here: the same request with the same seed gives the same file. */
async function renderAll(folder: string): Promise<ReadonlyMap<Piece, string>> {
  const engine = createStudioEngine({ threads: 2, log: pino({ level: "silent" }) });
  await engine.start();
  const render = async (piece: Piece): Promise<[Piece, string]> => {
    const outcome = await engine.run({
      jobId: "mgen_expected",
      request: {
        prompt: piece.prompt,
        durationSeconds: seconds,
        mode: "creation",
        instrumental: false,
        lyrics: null,
        seedTrackId: null,
        styleTags: [],
        title: null,
        outputFormat: "mp3",
        stems: false,
      },
      seed: piece.seed,
      workspace: () => mkdtemp(join(folder, "expected-")),
      continues: null,
      resume: null,
      signal: new AbortController().signal,
      onProgress: () => undefined,
      onSegment: () => undefined,
    });
    if (outcome.kind !== "finished") throw new Error(`stopped at ${outcome.at}`);
    const file = await readFile(outcome.master.path);
    return [piece, createHash("sha256").update(file).digest("hex")];
  };
  const rendered = await Promise.all(pieces.map(render));
  await engine.stop();
  return new Map(rendered);
}

/** A key of the same user in each organization, a new one at each call. */
async function createAccounts(cluster: Cluster): Promise<Account[]> {
  const accounts: Account[] = [];
  for (const organization of organizations) {
    accounts.push({ organization, key: await cluster.key(organization, "user_1") });
  }
  return accounts;
}

function createCrowd(
  cluster: Cluster,
  accounts: readonly Account[],
  { clients }: SoakOptions,
): Client[] {
  return Array.from({ length: clients }, (_, n) => {
    const account = accounts[n % accounts.length];
    if (account === undefined) throw new TypeError("no account");
    return new Client(cluster, account);
  });
}

/** Each client lives through one job after the other until all were asked for; what it is told goes to `told`. */
async function createAll(
  database: Database,
  crowd: readonly Client[],
  { jobs, minutes }: SoakOptions,
  told: Told[],
): Promise<void> {
  const endsAt = performance.now() + minutes * 60_000;
  let asked = 0;
  const live = async (client: Client) => {
    while (asked < jobs && performance.now() < endsAt) {
      const piece = pieces[asked % pieces.length];
      asked += 1;
      if (piece !== undefined) await client.run(piece, told);
      while ((await countActive(database)) > mostActive) await sleep(500);
    }
  };
  await Promise.all(crowd.map(live));
}

/** Active jobs; as many as may be when the database is not there. */
async function countActive(database: Database): Promise<number> {
  const phase = { $in: phases.filter((each) => each !== "ended") };
  return count(database, { phase }).catch(() => Number.MAX_SAFE_INTEGER);
}

/**
 * Within a limit: a call of the driver (7.9) that is written to a socket in the moment of its end waits for ever
 * for it to drain, which ended a soak of an hour. The service bounds all of its calls.
 */
function count(database: Database, filter: Parameters<Database["jobs"]["countDocuments"]>[0]) {
  return withTimeLimit(systemClock, "the database", callLimitMs, () =>
    database.jobs.countDocuments(filter),
  );
}

async function untilAllEnded(database: Database): Promise<void> {
  let left = Number.POSITIVE_INFINITY;
  let since = performance.now();
  while (left > 0) {
    const now = await countActive(database);
    if (now !== left) since = performance.now();
    if (performance.now() - since > patienceMs) throw new Error(`${now} jobs do not end`);
    left = now;
    await sleep(500);
  }
}

async function reportProgress(
  database: Database,
  { report }: SoakOptions,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await sleep(10_000, signal);
    const all = await count(database, {}).catch(() => -1);
    report(`${all} jobs, of which ${await countActive(database)} are active`);
  }
}
