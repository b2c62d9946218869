/**
 * The segments of a piece that is still being made: each is stored as soon as the engine has it, one after the
 * other, and then told to the job, so that it can be played while later ones are made.
 */
import { abortReasonOf } from "../generations/abort.ts";
import type { EngineSegment } from "../generations/engine.ts";
import type { Segment } from "../generations/job.ts";
import type { Publication } from "./publication.ts";

export interface SegmentsOptions {
  readonly publication: Publication;
  /** Those of an earlier attempt; each stays until this one has its own. */
  readonly known: readonly Segment[];
  /** The attempt's; after it aborts nothing more is stored, unless a shutdown lets the piece be finished. */
  readonly signal: AbortSignal;
  /** Called with all there are, whenever one more is stored. */
  readonly onStored: (all: readonly Segment[]) => void;
}

export class Segments {
  readonly #options: SegmentsOptions;
  readonly #own: Segment[] = [];
  #work: Promise<void> = Promise.resolve();

  constructor(options: SegmentsOptions) {
    this.#options = options;
  }

  /** Those of this attempt. */
  get own(): readonly Segment[] {
    return this.#own;
  }

  add(segment: EngineSegment): void {
    this.#work = this.#work.then(() => this.#store(segment));
    // Whoever waits for `stored` learns of it.
    this.#work.catch(() => undefined);
  }

  /** Resolves when nothing is being stored any more. @throws StorageError when one could not be */
  async stored(): Promise<void> {
    await this.#work;
  }

  async #store({ startSeconds, durationSeconds, file }: EngineSegment): Promise<void> {
    const { publication, known, signal, onStored } = this.#options;
    if (signal.aborted && abortReasonOf(signal).kind !== "ShuttingDown") return;
    const index = this.#own.length;
    const artifact = await publication.put(file, `segment-${index}`);
    const { mimeType } = file;
    this.#own.push({ index, startSeconds, durationSeconds, mimeType, artifact });
    onStored([...this.#own, ...known.slice(index + 1)]);
  }
}
