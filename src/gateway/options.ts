/** What the gateway needs from whoever mounts it. */
import type { DescMessage, DescMethod, DescService, Message } from "@bufbuild/protobuf";
import type { ContextValues, Interceptor } from "@connectrpc/connect";
import type { FastifyRequest } from "fastify";
import type { Clock } from "../base/clock.ts";
import type { FieldViolation } from "./fault.ts";

/** A request that ended by an error before its call began, in whatever check. */
export interface Refusal {
  /** Null when no route was found. */
  readonly method: DescMethod | null;
  readonly error: unknown;
  /** Since the request came, in seconds. */
  readonly seconds: number;
}

export interface GatewayOptions {
  readonly service: DescService;
  readonly implementation: object;
  /** Around the call, which has been let in by then, and whose message has been validated. */
  readonly interceptors: readonly Interceptor[];
  /** The values that a call begins with. */
  readonly contextValues: (request: FastifyRequest) => ContextValues;
  /** Asked before the body is parsed; answers headers for whatever the answer will be. */
  readonly authorize: (call: {
    readonly method: DescMethod;
    readonly header: Headers;
    /** By field path; undefined where the percent-encoding cannot be read. */
    readonly pathValues: ReadonlyMap<string, string | undefined>;
    readonly contextValues: ContextValues;
  }) => Promise<Readonly<Record<string, string>>>;
  /** What is wrong with a message that could be parsed; nothing else asks the rules, so that all come at once. */
  readonly validate: (schema: DescMessage, message: Message) => readonly FieldViolation[];
  /** The body of the answer to an error, for one in the middle of a stream. */
  readonly encodeError: (error: unknown, request: FastifyRequest) => unknown;
  /** Told of what the interceptors never see. */
  readonly onRefused?: (refusal: Refusal) => void;
  /** What `Location` begins with; a path alone when empty. */
  readonly baseUrl: () => string;
  readonly clock: Clock;
  /** How often a quiet stream is kept alive, in milliseconds; default 15,000. */
  readonly heartbeatMs?: number;
}
