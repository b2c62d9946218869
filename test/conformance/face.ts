/** One way to reach the service, by a client that people use, reduced to what the cases ask of all of them. */
import type { DescMethod } from "@bufbuild/protobuf";
import type { Code } from "@connectrpc/connect";
import type { Generation } from "../../gen/music/v1/generation_pb.ts";
import { GenerationStatusSchema } from "../../gen/music/v1/generation_pb.ts";
import { encodings } from "../../src/api/errors.ts";
import type { FailureCode } from "../../src/generations/failures.ts";

/** Where a service listens, and what to trust there. */
export interface Endpoints {
  readonly url: string;
  readonly grpcAddress: string;
  /** PEM; null for clear text. */
  readonly ca: Buffer | null;
}

export interface CallOptions {
  readonly key: string | null;
  readonly headers?: Readonly<Record<string, string>>;
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
}

/** A job as far as the cases look. */
export interface State {
  readonly id: string;
  /** In lower case. */
  readonly status: string;
  readonly version: number;
}

export interface Answer {
  readonly state: State;
  readonly requestId: string | null;
  /** The `RateLimit` field. */
  readonly rateLimit: string | null;
}

/** An error as the face's client decodes it. */
export class Failure extends Error {
  readonly reason: string | undefined;
  /** The RPC code or the HTTP status, whichever the face has. */
  readonly code: Code | number;
  readonly fields: readonly string[];
  readonly retryAfterSeconds: number | undefined;
  readonly requestId: string | undefined;
  /** The quota that is used up. */
  readonly quota: string | undefined;

  constructor(facts: Omit<Failure, keyof Error>) {
    super(facts.reason ?? "no reason");
    this.reason = facts.reason;
    this.code = facts.code;
    this.fields = facts.fields;
    this.retryAfterSeconds = facts.retryAfterSeconds;
    this.requestId = facts.requestId;
    this.quota = facts.quota;
  }
}

export type Fields = Readonly<Record<string, unknown>>;

export interface Face {
  readonly name: string;
  /** How the error table encodes for it. */
  readonly encoding: "rpc" | "status";
  /** Calls a method that answers a job. @throws Failure */
  unary(method: DescMethod, fields: Fields, options: CallOptions): Promise<Answer>;
  /** @throws Failure at the end */
  watch(fields: Fields, options: CallOptions): AsyncIterable<State>;
  /** A create whose message is these bytes; what it rejects with. */
  bytes(bytes: Buffer, options: CallOptions): Promise<Failure>;
  /** A call of what does not exist; what it rejects with. */
  unknown(options: CallOptions): Promise<Failure>;
  close(): void;
}

/** The number that the face has for an error of this code. */
export function codeOn({ encoding }: Face, reason: FailureCode): number {
  return encodings[reason][encoding];
}

export function stateOf({ id, status, version }: Generation): State {
  const name = GenerationStatusSchema.value[status]?.localName ?? "";
  return { id, status: name.toLowerCase(), version };
}

/** What a promise rejects with; an error of the test when it does not reject by a `Failure`. */
export async function failureOf(call: Promise<unknown>): Promise<Failure> {
  const error = await call.then(
    () => new Error("the call did not fail"),
    (caught: unknown) => caught,
  );
  if (error instanceof Failure) return error;
  throw error;
}

/** All that a watch yields. */
export async function all(states: AsyncIterable<State>): Promise<State[]> {
  const found: State[] = [];
  for await (const state of states) found.push(state);
  return found;
}
