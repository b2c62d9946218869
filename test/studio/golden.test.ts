/**
 * The same request with the same seed gives the same bytes, from one day to the next. Where the music is
 * meant to change, the hashes change with it, and the commit says so.
 */
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, test } from "vitest";
import { compose } from "../../src/studio/compose/compose.ts";
import { unstoppable } from "../../src/studio/control.ts";
import { midiFile } from "../../src/studio/formats/midi.ts";
import { produce } from "../../src/studio/production/produce.ts";
import { interpret } from "../../src/studio/prompt/interpret.ts";
import { loadSoundBank } from "../../src/studio/render/sound-bank.ts";
import { styles } from "../../src/studio/styles.ts";

function sha(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex").slice(0, 16);
}

it("the scores of all styles, on any machine", () => {
  const files = styles.map(({ key }) => {
    const interpretation = interpret({ prompt: "", styleTags: [], fields: { genre: key } }, 7);
    return midiFile(compose({ interpretation, durationSeconds: 60, seed: 7, title: null }));
  });
  expect(sha(Buffer.concat(files))).toBe("edb45fa2c8df3202");
});

// Sines and powers may differ in their last bit elsewhere.
describe.runIf(process.arch === "x64" && process.platform === "linux")("the bytes", () => {
  test.each([
    ["rainy lofi in D minor, 84 bpm", 7, "mp3", "94e0566094ccc0d1"],
    ["an orchestral waltz", 8, "flac", "3472d1e7fa436326"],
    ["energetic funk without drums", 9, "wav", "a5f5b85cb01223be"],
  ] as const)("of %s, seed %d, as %s", async (prompt, seed, format, hash) => {
    const folder = mkdtempSync(join(tmpdir(), "studio-golden-"));
    try {
      const result = await produce({
        bank: await loadSoundBank(),
        request: {
          prompt,
          styleTags: [],
          durationSeconds: 4,
          seed,
          title: null,
          outputs: { format },
        },
        folder,
        resume: null,
        control: unstoppable,
        onProgress: () => undefined,
      });
      if (result.kind !== "finished") throw new Error("stopped");
      expect(sha(readFileSync(result.path))).toBe(hash);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
