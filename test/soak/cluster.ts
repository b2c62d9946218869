/**
 * The processes of a soak: mongod, several `serve --role api` and `serve --role worker`, and what happens to
 * them. A process that ends is started again at once, in a folder of its own, as a supervisor would.
 */
import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { jittered, systemRandom } from "../../src/base/random.ts";
import type { Endpoints } from "../conformance/face.ts";
import { startTestMongo, type TestMongo } from "../support/mongo.ts";
import {
  type RunningService,
  runCommand,
  startServiceProcess,
} from "../support/service-process.ts";

export interface ClusterSize {
  readonly apis: number;
  readonly workers: number;
}

/** What may happen to a process; a stopped one (SIGSTOP) sleeps longer than a lease lasts. */
export const blows = ["SIGKILL", "SIGTERM", "SIGSTOP"] as const;
export type Blow = (typeof blows)[number];
const sleepMs = 20_000;
/** The embedded database gives up when it is killed more often than five times in five minutes. */
const mongodEveryMs = 75_000;

type Role = "api" | "worker";

class Member {
  readonly role: Role;
  readonly #start: () => Promise<RunningService>;
  service: RunningService;
  busy = false;

  constructor(role: Role, start: () => Promise<RunningService>, service: RunningService) {
    this.role = role;
    this.#start = start;
    this.service = service;
  }

  async suffer(blow: Blow, pause: (ms: number) => Promise<void>): Promise<void> {
    this.busy = true;
    try {
      if (blow === "SIGSTOP") {
        this.service.process.kill("SIGSTOP");
        await pause(sleepMs);
        this.service.process.kill("SIGCONT");
        return;
      }
      const code = await this.service.end(blow);
      if (blow === "SIGTERM" && code !== 0) {
        throw new Error(`${this.role} ended with ${code} on SIGTERM:\n${this.service.log}`);
      }
      this.service = await this.#start();
    } finally {
      this.busy = false;
    }
  }
}

export class Cluster {
  readonly mongo: TestMongo;
  readonly folder: string;
  readonly #env: Readonly<Record<string, string>>;
  readonly #members: Member[] = [];
  /** What was done to whom, counted. */
  readonly blows = new Map<string, number>();

  private constructor(mongo: TestMongo, folder: string) {
    this.mongo = mongo;
    this.folder = folder;
    this.#env = {
      MONGODB_URI: mongo.uri,
      SIGNING_SECRET: "s".repeat(32),
      WORKER_CONCURRENCY: "2",
    };
  }

  /** Starts all of it; `folder` holds the data folders of the processes. */
  static async start(size: ClusterSize, folder: string): Promise<Cluster> {
    const cluster = new Cluster(await startTestMongo(), folder);
    // The first one makes the indexes, so that the others do not race for them in the log.
    const roles: Role[] = [
      ...Array.from({ length: size.apis }, () => "api" as const),
      ...Array.from({ length: size.workers }, () => "worker" as const),
    ];
    for (const role of roles) {
      const start = () => cluster.#serve(role);
      cluster.#members.push(new Member(role, start, await start()));
    }
    return cluster;
  }

  /** The addresses of an API process, any of them. */
  get endpoints(): Endpoints {
    const apis = this.#members.filter(({ role }) => role === "api");
    const api = apis[Math.floor(systemRandom.uniform() * apis.length)];
    if (api === undefined) throw new TypeError("no API process");
    return { url: api.service.url, grpcAddress: api.service.grpcAddress, ca: null };
  }

  get url(): string {
    return this.endpoints.url;
  }

  /** A new API key. */
  async key(organization: string, user: string): Promise<string> {
    const args = ["keys", "create", "--organization", organization, "--user", user];
    const { stdout } = await runCommand(join(this.folder, "keys"), args, this.#env);
    return stdout.trim();
  }

  /** Strikes one process after the other, every `everyMs` or less, until `signal` aborts. */
  async torment(everyMs: number, signal: AbortSignal): Promise<void> {
    const pause = (ms: number) => sleep(ms, signal);
    const sleeping = new Set<Promise<void>>();
    let mongodKilledAt = performance.now();
    while (!signal.aborted) {
      await pause(jittered(systemRandom, everyMs));
      if (signal.aborted) break;
      if (performance.now() - mongodKilledAt > mongodEveryMs) {
        mongodKilledAt = performance.now();
        this.#note("mongod", "SIGKILL");
        this.mongo.kill("SIGKILL");
        continue;
      }
      const idle = this.#members.filter(({ busy }) => !busy);
      const member = idle[Math.floor(systemRandom.uniform() * idle.length)];
      const blow = blows[Math.floor(systemRandom.uniform() * blows.length)] ?? "SIGKILL";
      if (member === undefined) continue;
      this.#note(member.role, blow);
      const suffering = member.suffer(blow, pause).finally(() => sleeping.delete(suffering));
      sleeping.add(suffering);
      if (blow !== "SIGSTOP") await suffering;
    }
    await Promise.all(sleeping);
  }

  async stop(): Promise<void> {
    await Promise.all(this.#members.map(({ service }) => service.end("SIGTERM")));
    await this.mongo.stop();
  }

  async #serve(role: Role): Promise<RunningService> {
    const dataDir = await mkdtemp(join(this.folder, `${role}-`));
    return startServiceProcess(dataDir, ["--role", role], this.#env);
  }

  #note(whom: string, blow: string): void {
    const name = `${blow} ${whom}`;
    this.blows.set(name, (this.blows.get(name) ?? 0) + 1);
  }
}

/** Resolves after `ms`, or at once when `signal` aborts. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const timer = setTimeout(done, ms);
    signal?.addEventListener("abort", done, { once: true });
    function done() {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    }
  });
}
