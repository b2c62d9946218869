/**
 * What everything that runs has in common: it starts once, and stops once however often it is asked.
 */
export interface Lifecycle {
  /** Resolves when the part serves. */
  start(): Promise<void>;
  /** Stops in order: take no more, let what runs end within a bound, then abort. Idempotent. */
  stop(): Promise<void>;
}

/** Starts `parts` in order; when one fails, those before it are stopped again and the error rethrown. */
export async function startAll(parts: readonly Lifecycle[]): Promise<void> {
  const started: Lifecycle[] = [];
  try {
    for (const part of parts) {
      started.push(part);
      await part.start();
    }
  } catch (error) {
    await stopAll(started).catch(() => undefined);
    throw error;
  }
}

/** Stops `parts` in the reverse of their order, all of them, and then rethrows the first error. */
export async function stopAll(parts: readonly Lifecycle[]): Promise<void> {
  const errors: unknown[] = [];
  for (const part of [...parts].reverse()) {
    await part.stop().catch((error: unknown) => errors.push(error));
  }
  if (errors.length > 0) throw errors[0];
}

/** Parts that start one after the other and stop at the same time, since none waits for another. */
export function together(parts: readonly Lifecycle[]): Lifecycle {
  return {
    start: () => startAll(parts),
    stop: async () => {
      const ends = await Promise.allSettled(parts.map((part) => part.stop()));
      const failed = ends.find((end) => end.status === "rejected");
      if (failed !== undefined) throw failed.reason;
    },
  };
}
