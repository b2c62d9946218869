/**
 * The studio on its own, without any service:
 *
 *     npm run studio -- "prompt" --seconds 30 --seed 7 --tags lofi,rainy --out a.wav
 *
 * The output's extension is its format: mp3, flac or wav. `--stems`, `--midi` and `--peaks` put what they
 * name beside it, under its name.
 */
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, extname, join } from "node:path";
import { parseArgs } from "node:util";
import { unstoppable } from "./control.ts";
import { type FormatName, formatNames } from "./formats/format.ts";
import type { Delivery } from "./production/deliver.ts";
import { type ProductionResult, produce } from "./production/produce.ts";
import { loadSoundBank } from "./render/sound-bank.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: "string", default: "30" },
    seed: { type: "string", default: "1" },
    tags: { type: "string", default: "" },
    out: { type: "string", default: "out.mp3" },
    stems: { type: "boolean", default: false },
    midi: { type: "boolean", default: false },
    peaks: { type: "boolean", default: false },
  },
});

function formatOf(path: string): FormatName {
  const name = extname(path).slice(1).toLowerCase();
  const format = formatNames.find((candidate) => candidate === name);
  if (format === undefined) throw new Error(`--out must end with .${formatNames.join(", .")}`);
  return format;
}

function secondsOf(text: string): number {
  const seconds = Number(text);
  if (!(seconds >= 1)) throw new Error("--seconds must be a number from 1");
  return seconds;
}

async function make(folder: string): Promise<Extract<ProductionResult, { kind: "finished" }>> {
  const { stems, midi, peaks } = values;
  const result = await produce({
    bank: await loadSoundBank(),
    request: {
      prompt: positionals.join(" "),
      styleTags: values.tags.split(",").filter((tag) => tag !== ""),
      durationSeconds: secondsOf(values.seconds),
      seed: Number(values.seed) >>> 0,
      title: null,
      outputs: { format: formatOf(values.out), stems, midi, peaks },
    },
    folder,
    resume: null,
    control: unstoppable,
    onProgress: () => undefined,
  });
  if (result.kind !== "finished") throw new Error("nobody stopped it, and yet it stopped");
  return result;
}

/** Copies what was made to `--out` and beside it; returns the names. */
function collect({ master, stems, midi, peaks }: Delivery): string[] {
  const stem = join(dirname(values.out), basename(values.out, extname(values.out)));
  const others = [...Object.values(stems ?? {}), midi, peaks].filter((path) => path !== null);
  const targets = others.map((path) => [path, `${stem}-${basename(path)}`] as const);
  const all = [[master, values.out] as const, ...targets];
  for (const [from, to] of all) copyFileSync(from, to);
  return all.map(([, to]) => to);
}

const folder = mkdtempSync(join(tmpdir(), "studio-"));
try {
  const { score, interpretation, delivery } = await make(folder);
  const { genreName, tempo, key, metre, mood, era, energy, instruments, unwanted } = interpretation;
  const facts = [
    `“${score.title}”`,
    genreName,
    key.value,
    metre.value,
    `${tempo.value} bpm`,
    mood?.value,
    era?.value,
    `${energy.value} energy`,
    `with ${instruments.join(", ")}`,
    unwanted.length > 0 && `without ${unwanted.join(", ")}`,
  ].filter(Boolean);
  process.stdout.write(`${facts.join(" · ")}\n${collect(delivery).join("\n")}\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
