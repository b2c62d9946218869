/**
 * 10,000 who watch 1,000 jobs on one process, half by SSE and half by gRPC: `node test/bench/rpc/watchers.ts`.
 *
 * The jobs are taken through their states by this process, as a worker would. Each watcher must see versions that
 * only rise and the terminal state; the time from a write to its receipt is taken here, by one clock. What a watcher
 * costs beside its socket is the live memory of the service with all of them watching, less that with the same
 * connections doing nothing.
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock as clock } from "../../../src/base/clock.ts";
import { systemRandom as random } from "../../../src/base/random.ts";
import { newId } from "../../../src/generations/identifiers.ts";
import type { Lease } from "../../../src/generations/job.ts";
import { startMongod } from "../servers/mongod.ts";
import { newJob, type OpenStore, openStore } from "../service.ts";
import { percentile } from "../statistics.ts";
import type { Usage } from "./watched-service.ts";
import { connectGrpc, connectSse, type Idle, type WatchedJob } from "./watching.ts";

const jobCount = Number(process.env["JOBS"] ?? 1_000);
const watchersOfJob = 10;
/** The default cap: jobs of one organization that run at once. */
const jobsOfOrganization = 4;
/** Writes that are under way at once, and the pause between such groups, in milliseconds. */
const [atOnce, pauseMs] = [25, Number(process.env["PAUSE_MS"] ?? 100)];
const progressSteps = 3;

async function usageOf(service: ChildProcess): Promise<Usage> {
  service.send("usage?");
  const [usage] = await once(service, "message");
  return usage as Usage;
}

async function startService(uri: string, folder: string): Promise<ChildProcess> {
  return fork(join(import.meta.dirname, "watched-service.ts"), {
    execArgv: ["--expose-gc"],
    env: {
      ...process.env,
      MONGODB_URI: uri,
      SIGNING_SECRET: random.hex(32),
      DATA_DIR: folder,
      PORT: "0",
      GRPC_PORT: "0",
      KEY_CALLS_PER_MINUTE: "1000000",
      ORGANIZATION_CALLS_PER_MINUTE: "1000000",
      KEY_STREAMS: "1000000",
      ORGANIZATION_STREAMS: "1000000",
    },
  });
}

/** Queued jobs of many organizations, all of which the one user is a member of. */
async function makeJobs(store: OpenStore): Promise<{ jobs: WatchedJob[]; key: string }> {
  const { key } = await store.apiKeys.create("org_0", "user_1");
  const jobs: WatchedJob[] = [];
  for (let n = 0; n < jobCount; n += 1) {
    const organizationId = `org_${Math.floor(n / jobsOfOrganization)}`;
    if (n % jobsOfOrganization === 0) await store.organizations.addMember(organizationId, "user_1");
    const { id } = await store.jobs.create(newJob(organizationId));
    jobs.push({ organizationId, id });
  }
  return { jobs, key };
}

/** What the watchers saw. */
class Ledger {
  readonly latencies: number[] = [];
  readonly #writes = new Map<string, number[]>();
  fallen = 0;
  /** Watchers that have had a state. */
  begun = 0;

  /** The next version of the job is about to be written. */
  write(jobId: string, at = performance.now()): void {
    const writes = this.#writes.get(jobId) ?? [];
    writes.push(at);
    this.#writes.set(jobId, writes);
  }

  /** A receiver of one watcher. */
  receiver() {
    let last = 0;
    return ({ id }: WatchedJob, version: number) => {
      if (last === 0) this.begun += 1;
      if (version <= last) this.fallen += 1;
      last = version;
      // Version 1 was there before anyone watched.
      const written = this.#writes.get(id)?.[version - 2];
      if (written !== undefined) this.latencies.push(performance.now() - written);
    };
  }
}

async function connectAll(url: string, grpcAddress: string, key: string): Promise<Idle[][]> {
  const port = Number(new URL(url).port);
  const half = (jobCount * watchersOfJob) / 2;
  const sse: Idle[] = [];
  for (let n = 0; n < half; n += 1) sse.push(await connectSse(port, n, key));
  const grpc: Idle[] = [];
  for (let n = 0; n < half; n += 100) grpc.push(await connectGrpc(grpcAddress, key));
  return [sse, grpc];
}

/**
 * Each kind watches each job five times. They come in groups, the next when the last has its first states: a
 * stampede would measure how fast callers are let in.
 */
async function watchAll(
  [sse = [], grpc = []]: Idle[][],
  jobs: readonly WatchedJob[],
  ledger: Ledger,
) {
  const ends: Promise<void>[] = [];
  const group = async (idles: readonly Idle[], watchesOfEach: number, from: number) => {
    idles.forEach((idle, n) => {
      for (let m = 0; m < watchesOfEach; m += 1) {
        const job = jobs[((from + n) * watchesOfEach + m) % jobs.length]!;
        ends.push(...idle.watch([job], ledger.receiver()));
      }
    });
    while (ledger.begun < ends.length) await clock.sleep(20);
  };
  for (let n = 0; n < sse.length; n += 100) await group(sse.slice(n, n + 100), 1, n);
  for (const [n, idle] of grpc.entries()) await group([idle], 100, n);
  return ends;
}

async function inGroups<T>(items: readonly T[], each: (item: T) => Promise<unknown>) {
  for (let n = 0; n < items.length; n += atOnce) {
    await Promise.all(items.slice(n, n + atOnce).map(each));
    await clock.sleep(pauseMs);
  }
}

/** Takes every job from `queued` to `succeeded`. */
async function work({ jobs }: OpenStore, ledger: Ledger): Promise<number> {
  const leases: Lease[] = [];
  while (leases.length < jobCount) {
    const began = performance.now();
    const claims = await jobs.claim("bench", ["bench"], atOnce, true);
    for (const { lease } of claims) {
      ledger.write(lease.jobId, began);
      leases.push(lease);
    }
    if (performance.now() - began < pauseMs) await clock.sleep(pauseMs);
  }
  for (let step = 1; step <= progressSteps; step += 1) {
    await inGroups(leases, (lease) => {
      ledger.write(lease.jobId);
      const progress = { percent: step * 20, phase: "render", message: `step ${step}` };
      return jobs.heartbeat([{ lease, progress }]);
    });
  }
  await inGroups(leases, (lease) => {
    ledger.write(lease.jobId);
    const track = {
      id: newId(random, "mtrack"),
      title: "Rain",
      engine: "bench",
      mode: "creation",
      instrumental: false,
      measuredDurationSeconds: 5,
      mimeType: "audio/mpeg",
      licenceClass: "unclear",
      artifact: `${lease.jobId}/1.mp3`,
      extras: [],
      stemGainDb: null,
    } as const;
    return jobs.exit(lease, { kind: "succeed", track }, null);
  });
  return jobCount * (progressSteps + 2);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function measure(folder: string): Promise<void> {
  const mongod = await startMongod(folder);
  const store = await openStore(mongod.url, "music");
  const service = await startService(mongod.url, folder);
  const [{ url, grpcAddress }] = (await once(service, "message")) as [Record<string, string>];
  const { jobs, key } = await makeJobs(store);
  const connections = await connectAll(url!, grpcAddress!, key);
  const idle = await usageOf(service);
  const ledger = new Ledger();
  const ends = await watchAll(connections, jobs, ledger);
  const all = Promise.all(ends);
  all.catch(() => undefined);
  await clock.sleep(1_000);
  const watching = await usageOf(service);
  const kilobytes = (watching.live - idle.live) / ends.length / 1_024;
  say(
    `${ends.length} watchers of ${jobs.length} jobs: ${kilobytes.toFixed(1)} KB of live memory each`,
  );
  const began = performance.now();
  const writes = await work(store, ledger);
  await all;
  const seconds = (performance.now() - began) / 1_000;
  const after = await usageOf(service);
  const cpu = (after.cpuMicroseconds - watching.cpuMicroseconds) / 1e6;
  const at = (part: number) => percentile(ledger.latencies, part).toFixed(0);
  say(`the terminal state reached all; versions that did not rise: ${ledger.fallen}`);
  say(`${writes} writes in ${seconds.toFixed(0)} s, ${ledger.latencies.length} receipts`);
  say(`from write to receipt: median ${at(0.5)} ms, p99 ${at(0.99)} ms`);
  say(
    `the service took ${cpu.toFixed(1)} s of CPU, ${(after.rss / 2 ** 20).toFixed(0)} MB resident`,
  );
  for (const each of connections.flat()) each.close();
  service.disconnect();
  await once(service, "exit");
  await store.close();
  await mongod.stop();
}

const folder = mkdtempSync(join(tmpdir(), "music-watchers-"));
try {
  await measure(folder);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
