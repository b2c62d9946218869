/**
 * The studio on its own:
 *
 *     node src/studio/render.ts "prompt" --seconds 30 --seed 7 --tags lofi,rainy --out a.mp3
 */
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { unstoppable } from "./control.ts";
import { produce } from "./production/produce.ts";
import { loadSoundBank } from "./render/sound-bank.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: "string", default: "30" },
    seed: { type: "string", default: "1" },
    tags: { type: "string", default: "" },
    out: { type: "string", default: "out.mp3" },
  },
});

const folder = mkdtempSync(join(tmpdir(), "studio-"));
try {
  const result = await produce({
    bank: await loadSoundBank(),
    request: {
      prompt: positionals.join(" "),
      styleTags: values.tags.split(",").filter((tag) => tag !== ""),
      durationSeconds: Number(values.seconds),
      seed: Number(values.seed),
      title: null,
    },
    folder,
    resume: null,
    control: unstoppable,
    onProgress: () => undefined,
  });
  if (result.kind !== "finished") throw new Error("nobody stopped it, and yet it stopped");
  copyFileSync(result.path, values.out);
  const { score } = result;
  const key = `${score.key.tonic} ${score.key.mode}`;
  process.stdout.write(
    `${values.out}: “${score.title}”, ${score.style.name}, ${key}, ${score.tempo.toFixed(1)} bpm\n`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
