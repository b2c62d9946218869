/**
 * How a long piece of work is watched and stopped: it calls `checkpoint` at every place where it can
 * stop safely, at least once in 250 ms of work and in practice far more often.
 */

/** A safe place to stop: what a person reads, for example `render, chunk 3 of 8`. */
export interface Control {
  /** Returns to go on; throws `Stopped` to end the work here. */
  checkpoint(place: string): void;
}

/** Ends work at a safe place; not a failure. */
export class Stopped extends Error {
  readonly place: string;

  constructor(place: string) {
    super(`stopped at ${place}`);
    this.name = "Stopped";
    this.place = place;
  }
}

/** Work that nobody stops. */
export const unstoppable: Control = { checkpoint: () => undefined };

/** Work that stops when `flag[0]`, shared with another thread, is not zero. */
export function stoppedBy(flag: Int32Array): Control {
  return {
    checkpoint: (place) => {
      if (Atomics.load(flag, 0) !== 0) throw new Stopped(place);
    },
  };
}
