/** Waiting that a person, or a network that is back, can cut short. */

export interface Pauses {
  /** Resolves after so many milliseconds, on `wake`, or when `signal` aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** Ends every sleep. */
  wake(): void;
}

export function createPauses(): Pauses {
  const sleeping = new Set<() => void>();
  return {
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal.aborted) return resolve();
        const end = () => {
          clearTimeout(timer);
          signal.removeEventListener("abort", end);
          sleeping.delete(end);
          resolve();
        };
        const timer = setTimeout(end, ms);
        signal.addEventListener("abort", end);
        sleeping.add(end);
      }),
    wake: () => {
      for (const end of [...sleeping]) end();
    },
  };
}
