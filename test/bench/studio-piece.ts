/** One piece, made by the studio engine as a worker would have it made. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Engine, EngineOutcome, EngineTask } from "../../src/generations/engine.ts";

export interface Piece {
  readonly prompt: string;
  readonly seconds: number;
  readonly outputFormat?: EngineTask["request"]["outputFormat"];
  readonly stems?: boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: EngineTask["onProgress"];
}

/** Makes it in a folder of its own, which is gone afterwards. */
export async function makePiece(engine: Engine, piece: Piece): Promise<EngineOutcome> {
  const folder = mkdtempSync(join(tmpdir(), "studio-bench-"));
  try {
    return await engine.run({
      jobId: "mgen_bench",
      request: {
        prompt: piece.prompt,
        durationSeconds: piece.seconds,
        mode: "creation",
        instrumental: true,
        lyrics: null,
        seedTrackId: null,
        styleTags: [],
        title: null,
        outputFormat: piece.outputFormat ?? "mp3",
        stems: piece.stems ?? false,
      },
      seed: 7,
      workspace: async () => folder,
      continues: null,
      resume: null,
      signal: piece.signal ?? new AbortController().signal,
      onProgress: piece.onProgress ?? (() => undefined),
      onSegment: () => undefined,
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
