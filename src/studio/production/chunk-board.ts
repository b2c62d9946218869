/**
 * Who plays which chunk, where several threads share a piece: a few numbers in shared memory. The run
 * that makes the piece is worker 0, its helpers are 1 and up. A chunk is free, claimed by a worker, or
 * ready: its dry sound lies in a file. Only the run mixes, in order; so who plays changes no sound.
 */

const free = 0;
const ready = 1;
/** A claim is this plus the worker's number. */
const claimed = 2;
/** Where the run is: one more than the chunk that it mixes, 0 before it begins. Claims come after it. */
const positionAt = 0;
const firstClaim = 1;
/** More chunks than any piece has; what is beyond is the run's alone. */
const mostChunks = 1023;
/** How many chunks beyond the run's own may be made: each is some tens of megabytes on disk. */
const ahead = 3;
/** Milliseconds between two looks of one who waits. */
const patience = 20;

/** Memory for one piece, to be given to every thread that works at it. */
export function boardMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer((firstClaim + mostChunks) * Int32Array.BYTES_PER_ELEMENT);
}

export class ChunkBoard {
  readonly #cells: Int32Array;
  readonly #worker: number;

  constructor(memory: SharedArrayBuffer, worker: number) {
    this.#cells = new Int32Array(memory);
    this.#worker = worker;
  }

  /** The run goes on to mix chunk `index`. */
  moveTo(index: number): void {
    Atomics.store(this.#cells, positionAt, index + 1);
    Atomics.notify(this.#cells, positionAt);
  }

  /** Claims chunk `index`; false when somebody has it or made it. */
  claim(index: number): boolean {
    if (index >= mostChunks) return true;
    const found = Atomics.compareExchange(
      this.#cells,
      firstClaim + index,
      free,
      claimed + this.#worker,
    );
    return found === free;
  }

  /** Claims the nearest free chunk that the run will need soon; null when there is none. */
  claimAhead(total: number): number | null {
    const next = Atomics.load(this.#cells, positionAt);
    if (next === 0) return null;
    const end = Math.min(total, mostChunks, next + ahead);
    for (let index = next; index < end; index++) if (this.claim(index)) return index;
    return null;
  }

  isReady(index: number): boolean {
    return Atomics.load(this.#cells, firstClaim + index) === ready;
  }

  /** Whether no chunk after the run's is free, so that a helper has nothing more to do. */
  isGivenOut(total: number): boolean {
    const next = Atomics.load(this.#cells, positionAt);
    for (let index = next; index < Math.min(total, mostChunks); index++) {
      if (Atomics.load(this.#cells, firstClaim + index) === free) return false;
    }
    return true;
  }

  /** The chunk's file is complete. */
  complete(index: number): void {
    this.#set(index, ready);
  }

  /** Gives a claimed chunk back. */
  release(index: number): void {
    this.#set(index, free);
  }

  /** Gives back what this worker has claimed and not completed: for one that died. */
  releaseAll(): void {
    for (let index = 0; index < mostChunks; index++) {
      if (Atomics.load(this.#cells, firstClaim + index) === claimed + this.#worker)
        this.release(index);
    }
  }

  /** Waits a moment for the chunk to change hands. */
  waitFor(index: number): void {
    const cell = firstClaim + index;
    const now = Atomics.load(this.#cells, cell);
    if (now >= claimed) Atomics.wait(this.#cells, cell, now, patience);
  }

  /** Waits a moment for the run to move on. */
  waitForMove(): void {
    const now = Atomics.load(this.#cells, positionAt);
    Atomics.wait(this.#cells, positionAt, now, patience);
  }

  #set(index: number, value: number): void {
    Atomics.store(this.#cells, firstClaim + index, value);
    Atomics.notify(this.#cells, firstClaim + index);
  }
}
