/**
 * The bystanders of a soak: over every face they read, watch and make mistakes, while processes and the
 * database are killed. Whatever they are told must be what was asked for, an error that the table has for it,
 * or that the service is not there just now.
 */
import { MusicGenerations } from "../../gen/music/v1/music_generations_pb.ts";
import { systemRandom } from "../../src/base/random.ts";
import type { FailureCode } from "../../src/generations/failures.ts";
import { codeOn, type Endpoints, type Face, Failure, type Fields } from "../conformance/face.ts";
import { faces } from "../conformance/faces.ts";
import type { Account } from "./clients.ts";
import { type Cluster, sleep } from "./cluster.ts";

/** What any call may meet while processes and the database come and go. */
const outages: readonly FailureCode[] = [
  "SERVICE_UNAVAILABLE",
  "REQUEST_TIMEOUT",
  "DEADLINE_EXCEEDED",
];
/** How long a call may take; an outage of the database answers sooner, and a process that sleeps later. */
const deadlineMs = 15_000;
/** Between two calls of one bystander, at most. */
const pauseMs = 400;

interface Scene {
  readonly face: Face;
  readonly endpoints: Endpoints;
  readonly account: Account;
  /** A job of the account's organization. */
  readonly jobId: string;
}

interface Act {
  /** What it must be refused with; absent where it must be answered. */
  readonly refusal?: FailureCode;
  perform(scene: Scene): Promise<unknown>;
}

const { getGeneration, createGeneration } = MusicGenerations.method;

const acts: Readonly<Record<string, Act>> = {
  get: { perform: ({ jobId, ...scene }) => get(scene, jobId) },
  watch: { perform: watchOnce },
  list: { perform: ({ endpoints, account }) => fetchJson(endpoints, account, "?limit=5") },
  "get what is not there": {
    refusal: "RESOURCE_NOT_FOUND",
    perform: (scene) => get(scene, "mgen_000000000000000000000000"),
  },
  "get without a key": {
    refusal: "AUTHENTICATION_REQUIRED",
    perform: ({ face, account, jobId }) =>
      face.unary(getGeneration, nameOf(account, jobId), { key: null, deadlineMs }),
  },
  "create without a prompt": {
    refusal: "VALIDATION_ERROR",
    perform: ({ face, account: { organization, key } }) =>
      face.unary(createGeneration, { organization_id: organization, prompt: "" }, optionsOf(key)),
  },
  "get of another organization": {
    refusal: "ORGANIZATION_ACCESS_DENIED",
    perform: ({ face, account: { key }, jobId }) =>
      face.unary(getGeneration, { organization_id: "org_other", job_id: jobId }, optionsOf(key)),
  },
};

export interface BystanderResult {
  /** Calls by what became of them. */
  readonly calls: Readonly<Record<string, number>>;
  readonly faults: readonly string[];
}

/** `count` of them, until `signal` aborts. */
export async function stand(
  cluster: Cluster,
  accounts: readonly Account[],
  jobIdOf: (organization: string) => string | undefined,
  { count, signal }: { readonly count: number; readonly signal: AbortSignal },
): Promise<BystanderResult> {
  const calls = new Map<string, number>();
  const faults: string[] = [];
  const live = async () => {
    while (!signal.aborted) {
      await sleep(systemRandom.uniform() * pauseMs, signal);
      const account = anyOf(accounts);
      const jobId = jobIdOf(account.organization);
      if (jobId === undefined) continue;
      const [name, act] = anyOf(Object.entries(acts));
      const [faceName, open] = anyOf(Object.entries(faces));
      const endpoints = cluster.endpoints;
      const face = open(endpoints);
      const outcome = await outcomeOf(act, { face, endpoints, account, jobId });
      face.close();
      if (outcome.startsWith("FAULT")) faults.push(`${name} by ${faceName}: ${outcome}`);
      calls.set(outcome, (calls.get(outcome) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: count }, live));
  return { calls: Object.fromEntries(calls), faults };
}

async function outcomeOf({ refusal, perform }: Act, scene: Scene): Promise<string> {
  try {
    await perform(scene);
    return refusal === undefined ? "answered" : `FAULT: answered, not ${refusal}`;
  } catch (error) {
    if (!(error instanceof Failure)) return isLostConnection(error) ? "lost" : `FAULT: ${error}`;
    const reason = error.reason as FailureCode | undefined;
    // An error without a reason is one that the client made of a lost connection or of its own deadline.
    if (reason === undefined) return `lost: ${error.code}`;
    if (reason !== refusal && !outages.includes(reason)) return `FAULT: ${reason}`;
    const code = codeOn(scene.face, reason);
    return error.code === code ? reason : `FAULT: ${reason} as ${error.code}, not ${code}`;
  }
}

/** `fetch` fails by a `TypeError` whose cause says what became of the socket. */
function isLostConnection(error: unknown): boolean {
  return error instanceof TypeError || (error instanceof Error && error.name === "TimeoutError");
}

async function get(scene: Omit<Scene, "jobId">, id: string): Promise<void> {
  const { face, account } = scene;
  const { state } = await face.unary(getGeneration, nameOf(account, id), optionsOf(account.key));
  if (state.id !== id) throw new Error(`answered ${state.id}`);
}

/** The first state comes at once; nobody waits for the others. */
async function watchOnce({ face, account, jobId }: Scene): Promise<void> {
  const states = face.watch(nameOf(account, jobId), {
    ...optionsOf(account.key),
    signal: AbortSignal.timeout(deadlineMs),
  });
  for await (const state of states) {
    if (state.id !== jobId) throw new Error(`watched ${state.id}`);
    return;
  }
  throw new Error("ended without a state");
}

/** By REST on any face: only a job's own answer is the same on all of them. */
async function fetchJson({ url }: Endpoints, { organization, key }: Account, query: string) {
  const response = await fetch(`${url}/v1/music/${organization}/generations${query}`, {
    headers: { "x-api-key": key },
    signal: AbortSignal.timeout(deadlineMs),
  });
  const answer = (await response.json()) as { error?: { code: string } };
  if (response.ok) return;
  const code = answer.error?.code as FailureCode;
  if (!outages.includes(code)) throw new Error(`status ${response.status}, ${code}`);
}

function nameOf({ organization }: Account, id: string): Fields {
  return { organization_id: organization, job_id: id };
}

function optionsOf(key: string) {
  return { key, deadlineMs };
}

function anyOf<Value>(values: readonly Value[]): Value {
  const value = values[Math.floor(systemRandom.uniform() * values.length)];
  if (value === undefined) throw new TypeError("nothing to choose from");
  return value;
}
