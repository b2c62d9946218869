/**
 * The studio's report: a page with picture, figures and sound of each style, how often key and tempo are
 * heard as a hundred prompts asked, and whether styles are told apart by their sound alone.
 *
 *     npm run studio:report -- --out report --prompts 100 --seconds 45
 */
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { compose } from "../../../src/studio/compose/compose.ts";
import { unstoppable } from "../../../src/studio/control.ts";
import { type PieceRequest, produce } from "../../../src/studio/production/produce.ts";
import { interpret } from "../../../src/studio/prompt/interpret.ts";
import { loadSoundBank } from "../../../src/studio/render/sound-bank.ts";
import { styles } from "../../../src/studio/styles.ts";
import { decode } from "../decode.ts";
import { featuresOf, nearestOf } from "../hearing/features.ts";
import { hearKey } from "../hearing/key.ts";
import { samplerOf } from "../hearing/premaster.ts";
import { mono } from "../hearing/spectrum.ts";
import { hearTempo, sameTempo } from "../hearing/tempo.ts";
import { figuresOf, repeatedBars } from "./figures.ts";
import { type HeardPrompt, page, type StyleSheet } from "./page.ts";
import { portrait } from "./pictures.ts";
import { type AskedPrompt, promptsFor } from "./prompts.ts";

const { values } = parseArgs({
  options: {
    out: { type: "string", default: join(tmpdir(), "studio-report") },
    prompts: { type: "string", default: "100" },
    seconds: { type: "string", default: "45" },
    styles: { type: "string", default: "" },
  },
});
const { out } = values;
const chosen = values.styles === "" ? null : values.styles.split(",");
const bank = await loadSoundBank();
mkdirSync(out, { recursive: true });

/** Makes a piece as an MP3 and hears it through a decoder. */
async function made(request: Partial<PieceRequest>, name: string | null) {
  const folder = mkdtempSync(join(tmpdir(), "studio-report-"));
  try {
    const result = await produce({
      bank,
      request: { prompt: "", styleTags: [], durationSeconds: 20, seed: 1, title: null, ...request },
      folder,
      resume: null,
      control: unstoppable,
      onProgress: () => undefined,
    });
    if (result.kind !== "finished") throw new Error("stopped");
    const signal = await decode(result.path);
    const path = name === null ? result.path : join(out, `${name}.mp3`);
    if (name !== null) renameSync(result.path, path);
    return { signal, path, score: result.score };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function sheetOf(key: string): Promise<StyleSheet> {
  const request = { fields: { genre: key }, durationSeconds: Number(values.seconds), seed: 2 };
  const { signal, path, score } = await made(request, key);
  writeFileSync(join(out, `${key}.png`), portrait(signal, score));
  return { key, score, figures: figuresOf(path, signal), repeated: repeatedBars(score) };
}

async function hear(asked: AskedPrompt, seed: number): Promise<HeardPrompt> {
  const { signal, score } = await made({ prompt: asked.text, durationSeconds: 24, seed }, null);
  const samples = mono(signal);
  const key = hearKey(samples);
  const heardTempo = hearTempo(samples);
  return {
    asked,
    keyName: `${score.key.tonic} ${asked.mode}`,
    heardKey: key.name,
    heardTempo,
    keyAgrees: key.tonic === asked.tonic && key.mode === asked.mode,
    tempoAgrees: sameTempo(heardTempo, asked.tempo, score.metre.name),
    tempoIsSame: Math.abs(heardTempo / asked.tempo - 1) < 0.04,
  };
}

/** Three pieces of each style, and which of them sound like another style. */
function confusions(): string[] {
  const pieces = styles.flatMap((style) =>
    [11, 12, 13].map((seed) => {
      const wording = { prompt: "", styleTags: [], fields: { genre: style.key } };
      const interpretation = interpret(wording, seed);
      const score = compose({ interpretation, durationSeconds: 90, seed, title: null });
      return { key: style.key, features: featuresOf(samplerOf(bank, score, 5, 2)) };
    }),
  );
  const nearest = nearestOf(pieces.map(({ features }) => features));
  return pieces.flatMap(({ key }, index) => {
    const other = pieces[nearest[index]!]!.key;
    return other === key ? [] : [`${key} for ${other}`];
  });
}

const sheets: StyleSheet[] = [];
for (const { key } of styles) {
  if (chosen !== null && !chosen.includes(key)) continue;
  sheets.push(await sheetOf(key));
  const { figures } = sheets.at(-1)!;
  process.stdout.write(`${key}: ${JSON.stringify(figures)}\n`);
}
const heard: HeardPrompt[] = [];
for (const [index, asked] of promptsFor(styles, Number(values.prompts)).entries()) {
  const prompt = await hear(asked, index + 1);
  heard.push(prompt);
  if (prompt.keyAgrees && prompt.tempoAgrees) continue;
  const { keyName, heardKey, heardTempo } = prompt;
  process.stdout.write(
    `${asked.text}: ${keyName} heard ${heardKey}, ${asked.tempo} heard ${heardTempo.toFixed(1)}\n`,
  );
}
const keys = heard.filter(({ keyAgrees }) => keyAgrees).length;
const tempi = heard.filter(({ tempoAgrees }) => tempoAgrees).length;
const wrong = chosen === null ? confusions() : [];
writeFileSync(join(out, "index.html"), page(sheets, heard, wrong));
process.stdout.write(
  `of ${heard.length}: key ${keys}, tempo ${tempi}; confused: ${wrong.join("; ") || "none"}\n${out}/index.html\n`,
);
