/** A service without a worker, whose jobs the test itself takes through their states. */

import { afterAll } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import { systemRandom } from "../../src/base/random.ts";
import { newId } from "../../src/generations/identifiers.ts";
import type { KeyScope } from "../../src/generations/identity.ts";
import type { Lease } from "../../src/generations/job.ts";
import type { JobStore } from "../../src/generations/job-store.ts";
import { createStore, openDatabase, type Store } from "../../src/store/index.ts";
import { startTestService, type TestService, type TestServiceOptions } from "../support/service.ts";
import { silentLog, testLimits } from "../support/store.ts";
import type { Endpoints } from "./face.ts";

export class World {
  readonly endpoints: Endpoints;
  readonly stop: () => Promise<void>;
  readonly organizations: Store["organizations"];
  readonly #key: TestService["key"];
  readonly #jobs: JobStore;
  readonly #leases = new Map<string, Lease>();
  #organizations = 0;

  constructor(
    endpoints: Endpoints,
    { jobs, organizations }: Store,
    key: TestService["key"],
    stop: () => Promise<void>,
  ) {
    this.endpoints = endpoints;
    this.organizations = organizations;
    this.#jobs = jobs;
    this.#key = key;
    this.stop = stop;
  }

  newKey(organization: string, user = "user_1", scopes?: readonly KeyScope[]): Promise<string> {
    return this.#key(organization, user, scopes);
  }

  /** A user and an organization that no other case has, and a key. */
  async newcomer(): Promise<{ organization_id: string; key: string; user: string }> {
    this.#organizations += 1;
    const organization_id = `org_${this.#organizations}`;
    const user = `user_${this.#organizations}`;
    return { organization_id, key: await this.newKey(organization_id, user), user };
  }

  /** Takes the job out of the queue: `running`. */
  async begin(jobId: string): Promise<void> {
    while (!this.#leases.has(jobId)) {
      for (const { lease } of await this.#jobs.claim("conformance", ["studio"], 100, true)) {
        this.#leases.set(lease.jobId, lease);
      }
    }
  }

  /** Reports progress: a new version. */
  async advance(jobId: string, percent: number): Promise<void> {
    const progress = { percent, phase: "render", message: `at ${percent}` };
    await this.#jobs.heartbeat([{ lease: this.#leaseOf(jobId), progress }]);
  }

  async succeed(jobId: string): Promise<void> {
    const track = {
      id: newId(systemRandom, "mtrack"),
      title: "Rain",
      engine: "studio",
      mode: "creation",
      instrumental: false,
      measuredDurationSeconds: 5,
      mimeType: "audio/mpeg",
      licenceClass: "commercial_cleared",
      artifact: `${jobId}/1.mp3`,
      extras: [],
      stemGainDb: null,
    } as const;
    await this.#jobs.exit(this.#leaseOf(jobId), { kind: "succeed", track }, null);
  }

  #leaseOf(jobId: string): Lease {
    const lease = this.#leases.get(jobId);
    if (lease === undefined) throw new Error(`${jobId} does not run`);
    return lease;
  }
}

/** Stopped after the tests of the file. */
export async function startWorld(options: TestServiceOptions = {}, ca: Buffer | null = null) {
  const service = await startTestService({ role: "api", ...options });
  const database = await openDatabase({ uri: service.databaseUri, name: "unused" });
  const ports = { clock: systemClock, random: systemRandom, log: silentLog };
  const store = createStore(database, ports, testLimits);
  afterAll(() => database.client.close());
  const endpoints = { url: service.url, grpcAddress: service.grpcAddress, ca };
  return new World(endpoints, store, service.key, () => service.stop());
}
