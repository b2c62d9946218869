/**
 * `MusicGenerations`, implemented once for every face. A method gets a message that is already
 * authenticated, authorized and validated (see `interceptors.ts`), and does one thing with the store.
 */
import { createHash } from "node:crypto";
import type { HandlerContext, ServiceImpl } from "@connectrpc/connect";
import type { Generation } from "../../gen/music/v1/generation_pb.ts";
import type {
  CreateGenerationRequest,
  MusicGenerations,
} from "../../gen/music/v1/music_generations_pb.ts";
import type { Random } from "../base/random.ts";
import type { ArtifactStore } from "../generations/artifacts.ts";
import type { CallBounds } from "../generations/call-bounds.ts";
import type { Engine } from "../generations/engine.ts";
import { jobNotFound, ServiceError, trackNotFound } from "../generations/failures.ts";
import { newId, newSeed } from "../generations/identifiers.ts";
import type { Job, Scope } from "../generations/job.ts";
import type { JobStore, NewJob } from "../generations/job-store.ts";
import type { MediaLinks } from "../generations/media-links.ts";
import { isTerminal } from "../generations/state.ts";
import { type Authorization, callerKey } from "./authorization.ts";
import { traceparentIn } from "./call-trace.ts";
import { fromCreateRequest, fromListRequest, priorityIn } from "./from-proto.ts";
import { Looks } from "./looks.ts";
import { formatPageToken } from "./page-token.ts";
import { retryAfterSeconds } from "./retry-after.ts";
import { checkSeedTrack } from "./seed-track.ts";
import type { StreamLimits } from "./stream-limits.ts";
import { toEngine, toGeneration } from "./to-proto.ts";
import { toTrack } from "./track-to-proto.ts";
import { type WatchPorts, waitForEnd, watchJob } from "./watch.ts";

export interface ServicePorts extends Omit<WatchPorts, "looks"> {
  readonly store: JobStore;
  readonly links: MediaLinks;
  readonly artifacts: Pick<ArtifactStore, "delete">;
  readonly engines: readonly Engine[];
  readonly random: Random;
  readonly authorization: Pick<Authorization, "confirm">;
  readonly streams: StreamLimits;
}

/** How long a cancel waits for the worker when the caller does not say, in seconds. */
const defaultCancelWaitSeconds = 1;

function scopeOf(request: { organizationId: string }, context: HandlerContext): Scope {
  const caller = context.values.get(callerKey);
  if (caller === null) throw new ServiceError("authentication_required");
  return { organizationId: request.organizationId, userId: caller.userId };
}

/** The hash that tells a repeat from another request under the same key. */
function requestHash(request: CreateGenerationRequest): string {
  const { outputFormat, stems, ...first } = fromCreateRequest(request);
  const priority = priorityIn(request);
  const parts: unknown[] = [request.engine, first, request.seed ?? null];
  // What came after the first version counts only where it is used: an upgrade changes no hash.
  if (priority !== "normal") parts.push(priority);
  if (outputFormat !== "mp3") parts.push({ outputFormat });
  if (stems) parts.push({ stems });
  const canonical = JSON.stringify(parts);
  return createHash("sha256").update(canonical).digest("hex");
}

function newJob(
  request: CreateGenerationRequest,
  scope: Scope,
  random: Random,
  traceparent: string | null,
): NewJob {
  const key = request.idempotencyKey;
  return {
    ...scope,
    id: newId(random, "mgen"),
    engine: request.engine,
    request: fromCreateRequest(request),
    seed: request.seed ?? newSeed(random),
    priority: priorityIn(request),
    traceparent,
    idempotency: key === undefined ? null : { key, hash: requestHash(request) },
  };
}

/** @throws ServiceError job_not_found */
function found(job: Job | null, jobId: string): Job {
  if (job === null) throw jobNotFound(jobId);
  return job;
}

/** So long before the caller's deadline a wait ends, for the answer to reach the caller, in milliseconds. */
const answerMs = 250;

/**
 * The job once it has ended, or as it is when the time is up or the call ends; at once when the caller does not
 * wait, or all of its places for streams are taken.
 */
function waited(
  ports: WatchPorts & Pick<ServicePorts, "streams">,
  scope: Scope,
  job: Job,
  waitSeconds: number,
  context: HandlerContext,
): Job | Promise<Job> {
  const waitMs = Math.min(waitSeconds * 1000, (context.timeoutMs() ?? Infinity) - answerMs);
  if (isTerminal(job.status) || waitMs <= 0) return job;
  const close = ports.streams.tryOpen(context.values);
  return close === null
    ? job
    : waitAtMost(ports, scope, job, waitMs, context.signal).finally(close);
}

async function waitAtMost(
  ports: WatchPorts & Pick<ServicePorts, "streams">,
  scope: Scope,
  job: Job,
  waitMs: number,
  signal: AbortSignal,
): Promise<Job> {
  const bound = new AbortController();
  const timer = ports.clock.sleep(waitMs, bound.signal).then(() => bound.abort());
  try {
    return await waitForEnd(ports, scope, job, AbortSignal.any([signal, bound.signal]));
  } finally {
    bound.abort();
    await timer;
  }
}

/** The implementation over its ports. */
export function createService(given: ServicePorts): ServiceImpl<typeof MusicGenerations> {
  const { store, links, engines, random, artifacts, clock, authorization, streams } = given;
  const ports = { ...given, looks: new Looks(store, clock, given.stopping) };
  // What is left when this fails is an orphan, which the worker's sweep removes.
  const discard = async (names: readonly string[]) => {
    for (const name of names) await artifacts.delete(name).catch(() => undefined);
  };
  // Facts are for comfort: a job that is durable, or a cancel that is recorded, is answered without them.
  const factsOf = (job: Job, bounds: CallBounds) => store.queueFacts(job, bounds).catch(() => null);
  const show = async (job: Job, context: HandlerContext) => {
    const facts = await factsOf(job, context);
    const retryAfter = retryAfterSeconds(job, facts, clock.now());
    if (retryAfter !== null) context.responseHeader.set("retry-after", String(retryAfter));
    return toGeneration(job, links, facts);
  };
  // Those who watch a job share its states, and so what is shown of each.
  const states = new WeakMap<Job, Promise<Generation>>();
  const showState = async (job: Job) => {
    // A running job comes with every bit of progress; its watchers have that to go by.
    const facts = job.phase === "running" ? null : await store.queueFacts(job).catch(() => null);
    return toGeneration(job, links, facts);
  };
  const shown = (job: Job): Promise<Generation> => {
    const state = states.get(job) ?? showState(job);
    states.set(job, state);
    return state;
  };
  return {
    async createGeneration(request, context) {
      const scope = scopeOf(request, context);
      const traceparent = traceparentIn(context.values, context.requestHeader);
      const asked = newJob(request, scope, random, traceparent);
      await checkSeedTrack(store, asked, context);
      const job = await store.create(asked, context);
      return show(await waited(ports, scope, job, request.waitSeconds ?? 0, context), context);
    },
    async getGeneration(request, context) {
      const scope = scopeOf(request, context);
      const job = found(await store.get(scope, request.jobId, context), request.jobId);
      return show(await waited(ports, scope, job, request.waitSeconds ?? 0, context), context);
    },
    async listGenerations(request, context) {
      const filter = fromListRequest(request);
      // One more than asked for tells whether there is a next page.
      const wanted = { ...filter, limit: filter.limit + 1 };
      const listed = await store.list(scopeOf(request, context), wanted, context);
      const jobs = listed.slice(0, filter.limit);
      const last = jobs.at(-1);
      return {
        jobs: jobs.map((job) => toGeneration(job, null)),
        limit: filter.limit,
        offset: filter.offset,
        ...(last && listed.length > filter.limit && { nextPageToken: formatPageToken(last) }),
      };
    },
    async cancelGeneration(request, context) {
      const waitSeconds = request.waitSeconds ?? defaultCancelWaitSeconds;
      const scope = scopeOf(request, context);
      const job = found(await store.requestCancel(scope, request.jobId, context), request.jobId);
      return show(await waited(ports, scope, job, waitSeconds, context), context);
    },
    async *watchGeneration(request, context) {
      const scope = scopeOf(request, context);
      const watcher = {
        scope,
        afterVersion: request.afterVersion ?? 0,
        signal: context.signal,
        confirm: () => authorization.confirm(context.values),
      };
      const close = streams.open(context.values);
      try {
        for await (const job of watchJob(ports, request.jobId, watcher)) yield shown(job);
      } finally {
        close();
      }
    },
    async listEngines() {
      return { engines: engines.map(({ description }) => toEngine(description)) };
    },
    async getTrack(request, context) {
      const scope = scopeOf(request, context);
      const job = await store.findByTrack(scope, request.trackId, context);
      if (job?.track == null) throw trackNotFound(request.trackId);
      return toTrack(job.track, links);
    },
    async deleteGeneration(request, context) {
      await discard(await store.deleteEnded(scopeOf(request, context), request.jobId, context));
      return {};
    },
    async deleteTrack(request, context) {
      await discard(await store.deleteTrack(scopeOf(request, context), request.trackId, context));
      return {};
    },
  };
}
