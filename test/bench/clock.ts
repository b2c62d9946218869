/** The time of measurements: the machine's monotonic clock, which all its processes share. */

/** Milliseconds since some moment that is the same in every process on this machine. */
export function nowMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
