/** What every server of this comparison stands on: one key, one engine, and a store that is a map. */
import type { Engine } from "../../../src/generations/engine.ts";
import type { Caller } from "../../../src/generations/identity.ts";
import type { Job } from "../../../src/generations/job.ts";
import type { JobStore, NewJob } from "../../../src/generations/job-store.ts";

export const key = `oak_${"A".repeat(43)}`;
export const organizationId = "org_bench";
export const caller: Caller = { userId: "user_1", keyId: "key_1", scopes: ["admin"] };

export const engine: Engine = {
  description: {
    key: "bench",
    name: "Bench",
    maxDurationSeconds: 600,
    supportsVocals: false,
    supportsLyrics: false,
    supportsStems: false,
    supportedLanguages: [],
    licenceClass: "unclear",
    commercialUse: false,
    requiresAttribution: false,
    outputFormats: ["mp3"],
    supportsSeedTracks: false,
    modes: ["creation"],
  },
  start: async () => {},
  stop: async () => {},
  check: () => [],
  run: () => Promise.reject(new Error("nothing runs here")),
};

/** A queued job as the real store would answer it. */
export function jobOf({ idempotency: _, ...made }: NewJob): Job {
  return {
    ...made,
    status: "queued",
    phase: "waiting",
    version: 1,
    progress: { percent: 0, phase: null, message: null },
    interpretation: null,
    segments: [],
    attempts: 0,
    epoch: 0,
    history: [],
    cancel: null,
    checkpoint: null,
    track: null,
    failure: null,
    refusal: null,
    createdAt: new Date(),
    startedAt: null,
    endedAt: null,
  };
}

/** Jobs in memory; what the comparison does not call is not there. */
export function createTrivialStore(): JobStore {
  const jobs = new Map<string, Job>();
  const store: Pick<JobStore, "create" | "get" | "queueFacts"> = {
    create: async (made) => {
      const job = jobOf(made);
      if (jobs.size < 1_000) jobs.set(job.id, job);
      return job;
    },
    get: async (_scope, id) => jobs.get(id) ?? null,
    queueFacts: async () => null,
  };
  return store as JobStore;
}
