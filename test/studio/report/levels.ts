/**
 * Sets the levels of a new style by measuring: in its file, each part's `levelDb` is first written as a
 * wish in decibels above what its role usually has; this measures every part alone and puts the level
 * there that fulfils the wish.
 *
 *     node test/studio/report/levels.ts rock funk
 */
import { readFileSync, writeFileSync } from "node:fs";
import { compose } from "../../../src/studio/compose/compose.ts";
import { unstoppable } from "../../../src/studio/control.ts";
import { sampleRate, slice } from "../../../src/studio/dsp/state.ts";
import { LoudnessMeter } from "../../../src/studio/master/loudness.ts";
import { interpret } from "../../../src/studio/prompt/interpret.ts";
import { loadSoundBank } from "../../../src/studio/render/sound-bank.ts";
import { Strip } from "../../../src/studio/render/strip.ts";
import { blockFrames, synthesize } from "../../../src/studio/render/synthesize.ts";
import type { Part, Style } from "../../../src/studio/style.ts";
import { styles } from "../../../src/studio/styles.ts";

/** LUFS of a part alone, before the bus. */
const usual: Readonly<Record<Part["role"], number>> = {
  melody: -24,
  drums: -25,
  bass: -25,
  chords: -28,
  arpeggio: -28,
  counter: -28.5,
  pad: -30,
};
const bank = await loadSoundBank();

/** Mean loudness of each part over two pieces. */
function measured(style: Style): number[] {
  const readings = style.parts.map((): number[] => []);
  for (const seed of [1, 2]) {
    const wording = { prompt: "", styleTags: [], fields: { genre: style.key } };
    const interpretation = { ...interpret(wording, seed), style };
    const score = compose({ interpretation, durationSeconds: 50, seed, title: null });
    const strips = score.parts.map(({ channel }) => new Strip({ ...channel, duck: 0 }));
    const meters = score.parts.map(() => new LoudnessMeter());
    let from = 0;
    for (const end of score.chunkEnds) {
      const to = Math.round(end * sampleRate);
      for (const { at, parts } of synthesize(bank, score, from, to, unstoppable)) {
        const inside = Math.min(blockFrames, to - from - at);
        if (inside <= 0) break;
        parts.forEach((part, index) => {
          const block = slice(part, 0, inside);
          strips[index]!.process(block, new Float32Array(inside));
          meters[index]!.push(block);
        });
      }
      from = to;
    }
    meters.forEach((meter, index) => {
      const lufs = meter.integrated();
      if (Number.isFinite(lufs)) readings[index]!.push(lufs);
    });
  }
  return readings.map((list) => list.reduce((a, b) => a + b, 0) / list.length);
}

for (const key of process.argv.slice(2)) {
  const style = styles.find((candidate) => candidate.key === key);
  if (style === undefined) throw new Error(`no style ${key}`);
  const path = new URL(`../../../src/studio/styles/${key}.ts`, import.meta.url);
  const lufs = measured(style);
  let part = 0;
  const text = readFileSync(path, "utf8").replace(/levelDb: (-?[\d.]+)/g, (match, wish: string) => {
    const reading = lufs[part];
    if (reading === undefined || Number.isNaN(reading)) {
      part++;
      return match;
    }
    const { role, channel } = style.parts[part++]!;
    const level = Math.round((2 * Number(wish) + usual[role] - reading) * 2) / 2;
    process.stdout.write(`${key} ${role} ${channel.program}: ${reading.toFixed(1)} → ${level}\n`);
    return `levelDb: ${level}`;
  });
  writeFileSync(path, text);
}
