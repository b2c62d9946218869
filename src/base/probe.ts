/**
 * Test signals (the idea is River's `testsignal`): code marks a step it has just taken, and a test
 * waits for that mark instead of sleeping. Without a listener a mark costs one call.
 *
 * A handler may return a promise; the code then waits at that step, which is how the tests script an
 * interleaving.
 */
export class Probe<Steps extends object> {
  readonly #handlers = new Map<keyof Steps, Set<(value: never) => unknown>>();

  /** Marks that `step` was reached; waits for handlers that return a promise. */
  async mark<S extends keyof Steps>(step: S, value: Steps[S]): Promise<void> {
    const handlers = this.#handlers.get(step);
    if (handlers === undefined) return;
    for (const handler of [...handlers]) await handler(value as never);
  }

  /** Calls `handler` whenever `step` is reached, until the returned function is called. */
  on<S extends keyof Steps>(step: S, handler: (value: Steps[S]) => unknown): () => void {
    const handlers = this.#handlers.get(step) ?? new Set();
    this.#handlers.set(step, handlers.add(handler));
    return () => void handlers.delete(handler);
  }

  /** Resolves with the next value of `step` that `accepts` it. */
  next<S extends keyof Steps>(
    step: S,
    accepts: (value: Steps[S]) => boolean = () => true,
  ): Promise<Steps[S]> {
    return new Promise((resolve) => {
      const off = this.on(step, (value) => {
        if (!accepts(value)) return;
        off();
        resolve(value);
      });
    });
  }
}
