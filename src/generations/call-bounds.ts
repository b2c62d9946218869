/** How long a caller waits for an answer; a look that nobody waits for any more ends. */
export interface CallBounds {
  /** Aborts when the caller has left or its deadline passed; the reason is what to answer. */
  readonly signal: AbortSignal;
  /** What is left of the caller's deadline, in milliseconds; undefined when it has none. */
  timeoutMs(): number | undefined;
}
