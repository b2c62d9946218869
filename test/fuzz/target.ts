/** The service under fire: a process of its own, as it is run, with one job of each kind in it. */

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, inject } from "vitest";
import { formatPageToken } from "../../src/api/page-token.ts";
import { systemClock } from "../../src/base/clock.ts";
import { systemRandom } from "../../src/base/random.ts";
import { newId } from "../../src/generations/identifiers.ts";
import { GridFsArtifactStore } from "../../src/media/gridfs-store.ts";
import { createMediaSigner } from "../../src/media/signer.ts";
import { configuredKeys } from "../../src/media/signing-secret.ts";
import { createStore, type Database, openDatabase, type Store } from "../../src/store/index.ts";
import { type RunningService, startServiceProcess } from "../support/service-process.ts";
import { newTestJob, silentLog, testLimits } from "../support/store.ts";
import { Inspector, inspectorUrl } from "./inspector.ts";

export const organization = "org_fuzz";
/** Whose pages may read what is answered. */
export const knownOrigin = "https://music.example";

/** What the fuzzers know of, so that some of what they send is about something. */
export interface Known {
  readonly key: string;
  readonly queuedJob: string;
  readonly endedJob: string;
  readonly track: string;
  /** Path and query of a genuine media URL. */
  readonly media: string;
  readonly pageToken: string;
}

export class Target {
  readonly port: number;
  readonly grpcPort: number;
  readonly known: Known;
  readonly inspector: Inspector;
  readonly #service: RunningService;

  constructor(service: RunningService, grpcPort: number, known: Known, inspector: Inspector) {
    this.#service = service;
    this.port = Number(new URL(service.url).port);
    this.grpcPort = grpcPort;
    this.known = known;
    this.inspector = inspector;
  }

  /** The process lives, and its log has no error: one would be a fault that an answer hid. */
  expectUnharmed(): void {
    expect(this.#service.process.exitCode).toBeNull();
    const errors = this.#service.log.split("\n").filter((line) => /"level":[56]0/.test(line));
    expect(errors).toEqual([]);
  }

  async expectServing(): Promise<void> {
    this.expectUnharmed();
    const url = `${this.#service.url}/v1/music/${organization}/engines`;
    const response = await fetch(url, { headers: { "x-api-key": this.known.key } });
    expect(response.status).toBe(200);
    expect((await fetch(`${this.#service.url}/readyz`)).status).toBe(200);
  }
}

/** What the one track consists of. */
export const trackBytes = "some music";

/** A track of the job, stored, and a link to it. */
async function makeTrack({ jobs }: Store, { db }: Database, secret: string, folder: string) {
  const artifact = "tracks/mgen_fuzz/1/master.mp3";
  const artifacts = new GridFsArtifactStore({ db, clock: systemClock, random: systemRandom });
  await artifacts.start();
  const path = join(folder, "master.mp3");
  await writeFile(path, trackBytes);
  await artifacts.put(artifact, path, { mimeType: "audio/mpeg" });
  await artifacts.stop();
  const job = await jobs.create(newTestJob({ organizationId: organization }));
  const [claim] = await jobs.claim("fuzz", ["studio"], 1, true);
  const track = {
    id: newId(systemRandom, "mtrack"),
    title: "Rain",
    engine: "studio",
    mode: "creation",
    instrumental: false,
    measuredDurationSeconds: 5,
    mimeType: "audio/mpeg",
    licenceClass: "commercial_cleared",
    artifact,
    extras: [],
    stemGainDb: null,
  } as const;
  if (claim === undefined) throw new Error("the job was not claimed");
  await jobs.exit(claim.lease, { kind: "succeed", track }, null);
  const signer = createMediaSigner({ keys: configuredKeys([secret]), clock: systemClock });
  return { endedJob: job.id, track: track.id, media: signer.sign(artifact, { filename: "a.mp3" }) };
}

/** Stopped after the tests of the file. */
export async function startTarget(): Promise<Target> {
  const folder = await mkdtemp(join(tmpdir(), "music-fuzz-"));
  const uri = inject("mongoUri").replace(/\/(\?|$)/, `/fuzz_${systemRandom.hex(6)}$1`);
  const secret = systemRandom.hex(32);
  const database = await openDatabase({ uri, name: "unused" });
  const ports = { clock: systemClock, random: systemRandom, log: silentLog };
  const store = createStore(database, ports, testLimits);
  const { key } = await store.apiKeys.create(organization, "user_1");
  const ended = await makeTrack(store, database, secret, folder);
  const queued = await store.jobs.create(newTestJob({ organizationId: organization }));
  const env = {
    MONGODB_URI: uri,
    SIGNING_SECRET: secret,
    CORS_ORIGINS: knownOrigin,
    // A 429 would keep what comes after it from being tried.
    KEY_CALLS_PER_MINUTE: "1000000",
    ORGANIZATION_CALLS_PER_MINUTE: "1000000",
    ORGANIZATION_QUEUED_JOBS: "1000000",
    ORGANIZATION_AUDIO_SECONDS_PER_DAY: "1000000000",
    NODE_OPTIONS: "--inspect=127.0.0.1:0 --max-old-space-size=256",
  };
  const service = await startServiceProcess(folder, ["--role", "api"], env);
  const inspector = await Inspector.connect(inspectorUrl.exec(service.log)?.[0] ?? "");
  afterAll(async () => {
    inspector.close();
    const code = await service.end("SIGTERM");
    await database.db.dropDatabase();
    await database.client.close();
    await rm(folder, { recursive: true, force: true });
    expect(code).toBe(0);
  });
  const known = { key, queuedJob: queued.id, pageToken: formatPageToken(queued), ...ended };
  return new Target(service, grpcPortIn(service.log), known, inspector);
}

function grpcPortIn(log: string): number {
  const [, port] = /"grpc":"[^"]*:(\d+)"/.exec(log) ?? [];
  return Number(port);
}
