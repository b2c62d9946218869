/**
 * Why work stops before its end: a closed set, so that every place that ends an attempt must decide
 * all four cases. An `AbortSignal` given to an engine carries one of these as its `reason`.
 *
 * | reason | what the worker then writes |
 * | --- | --- |
 * | `CancelRequested` | the job ends as `cancelled` |
 * | `LeaseLost` | nothing: the job is another worker's now |
 * | `ShuttingDown` | the job goes back to the queue at its checkpoint, without spending an attempt |
 * | `DeadlineExceeded` | the attempt took too long: it is retried, or the job fails after the last one |
 */
export type AbortKind = "CancelRequested" | "LeaseLost" | "ShuttingDown" | "DeadlineExceeded";

export class AbortReason extends Error {
  readonly kind: AbortKind;

  constructor(kind: AbortKind) {
    super(kind);
    this.name = "AbortReason";
    this.kind = kind;
  }
}

/** The reason that a worker aborted with; anything else is a programming error and is thrown. */
export function abortReasonOf(signal: AbortSignal): AbortReason {
  if (signal.reason instanceof AbortReason) return signal.reason;
  throw new TypeError("aborted without an AbortReason", { cause: signal.reason });
}
