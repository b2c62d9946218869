/** One call as interceptors and implementation see it, whatever carried it. */
import type { DescMethod, DescService } from "@bufbuild/protobuf";
import { Code, ConnectError, type ContextValues, type HandlerContext } from "@connectrpc/connect";
import type { Deadline, Metadata } from "@grpc/grpc-js";
import type { Clock } from "../../base/clock.ts";
import { LazyHeaders } from "../../base/lazy-headers.ts";
import { RequestHeaders } from "./headers.ts";

/** What grpc-js knows of a call. */
interface CarriedCall {
  readonly metadata: Metadata;
  getDeadline(): Deadline;
  once(event: "cancelled", listener: () => void): unknown;
}

export class GrpcCall implements HandlerContext {
  readonly protocolName = "grpc";
  readonly requestMethod = "POST";
  readonly service: DescService;
  readonly method: DescMethod;
  readonly url: string;
  readonly requestHeader: Headers;
  readonly responseHeader: Headers = new LazyHeaders();
  readonly responseTrailer: Headers = new LazyHeaders();
  readonly values: ContextValues;
  readonly #deadlineMs: number;
  readonly #clock: Clock;
  readonly #ends = new AbortController();
  #isOver = false;

  constructor(method: DescMethod, carried: CarriedCall, values: ContextValues, clock: Clock) {
    this.service = method.parent;
    this.method = method;
    this.url = `/${method.parent.typeName}/${method.name}`;
    this.requestHeader = new RequestHeaders(carried.metadata);
    this.values = values;
    this.#clock = clock;
    this.#deadlineMs = Number(carried.getDeadline());
    // It comes at the end of every call, whoever ended it.
    carried.once("cancelled", () => this.#cancel());
  }

  /** Aborts when the caller cancels or its deadline passes. */
  get signal(): AbortSignal {
    return this.#ends.signal;
  }

  /** What is left of the caller's deadline, in milliseconds; undefined when it has none. */
  readonly timeoutMs = (): number | undefined => {
    if (this.#deadlineMs === Number.POSITIVE_INFINITY) return undefined;
    return this.#deadlineMs - this.#clock.now().getTime();
  };

  /** The call has its answer: from here on nothing aborts it. */
  end(): void {
    this.#isOver = true;
  }

  #cancel(): void {
    if (!this.#isOver) this.#ends.abort(this.#reason());
  }

  #reason(): ConnectError {
    const late = (this.timeoutMs() ?? 1) <= 0;
    return late
      ? new ConnectError("the deadline passed", Code.DeadlineExceeded)
      : new ConnectError("the caller cancelled", Code.Canceled);
  }
}
