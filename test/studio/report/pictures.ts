/** What a piece looks like: spectrogram, waveform, and the score as a piano roll, one below the other. */
import type { Stereo } from "../../../src/studio/dsp/state.ts";
import type { Score, Section } from "../../../src/studio/score.ts";
import { bandEdges, bandPowers, mono, spectra } from "../hearing/spectrum.ts";
import { type Colour, Picture } from "./png.ts";

const width = 1000;
const spectrogramHeight = 220;
const waveformHeight = 90;
const rollHeight = 264;
const gap = 6;
const background: Colour = [16, 16, 24];
const sectionColours: Readonly<Record<Section["kind"], Colour>> = {
  intro: [32, 36, 48],
  verse: [24, 32, 40],
  chorus: [52, 36, 32],
  bridge: [32, 28, 52],
  outro: [32, 36, 48],
};
const partColours: readonly Colour[] = [
  [240, 200, 80],
  [90, 180, 240],
  [240, 110, 110],
  [130, 220, 130],
  [200, 140, 240],
  [250, 160, 80],
  [120, 230, 220],
  [230, 130, 190],
  [190, 200, 210],
  [150, 160, 90],
];

/** From black over violet and orange to yellow. */
function heat(level: number): Colour {
  const x = Math.max(0, Math.min(1, level));
  return [255 * Math.min(1, x * 1.6), 255 * x ** 2.2, 255 * Math.max(0, 0.55 - (x - 0.4) ** 2 * 3)];
}

function drawSpectrogram(picture: Picture, samples: Float32Array): void {
  const size = 4096;
  const edges = bandEdges(spectrogramHeight, 40, 16_000, size);
  const hop = Math.max(1, Math.floor((samples.length - size) / width));
  let x = 0;
  for (const power of spectra(samples, size, hop)) {
    bandPowers(power, edges).forEach((value, band) => {
      const db = 10 * Math.log10(value + 1e-9);
      picture.set(x, spectrogramHeight - 1 - band, heat((db + 10) / 60));
    });
    if (++x >= width) return;
  }
}

function drawWaveform(picture: Picture, samples: Float32Array, top: number): void {
  const middle = top + waveformHeight / 2;
  const step = samples.length / width;
  for (let x = 0; x < width; x++) {
    let [low, high] = [0, 0];
    for (let i = Math.floor(x * step); i < (x + 1) * step && i < samples.length; i++) {
      low = Math.min(low, samples[i]!);
      high = Math.max(high, samples[i]!);
    }
    const scale = waveformHeight / 2;
    picture.fill(x, middle - high * scale, 1, Math.max(1, (high - low) * scale), [110, 200, 170]);
  }
}

function drawRoll(picture: Picture, score: Score, top: number): void {
  const { durationSeconds: duration, barSeconds, endingAt, sections, parts, notes } = score;
  const xOf = (seconds: number) => (seconds / duration) * width;
  const grid = endingAt - barSeconds * sections.reduce((sum, { bars }) => sum + bars, 0);
  for (const { kind, firstBar, bars } of sections) {
    const from = xOf(grid + firstBar * barSeconds);
    picture.fill(from, top, xOf(bars * barSeconds), rollHeight, sectionColours[kind]);
    picture.fill(from, top, 1, rollHeight, [150, 150, 160]);
  }
  const drums = [...new Set(notes.filter((n) => parts[n.part]!.isDrums).map((n) => n.pitch))];
  for (const { part, start, duration: length, pitch, velocity } of notes) {
    const isDrums = parts[part]!.isDrums;
    const y = isDrums
      ? top + rollHeight - 4 - 4 * drums.sort((a, b) => a - b).indexOf(pitch)
      : top + (100 - pitch) * 3;
    const share = 0.5 + (0.5 * velocity) / 127;
    const colour = partColours[part % partColours.length]!.map((c) => c * share);
    picture.fill(xOf(start), y, isDrums ? 2 : Math.max(2, xOf(length) - 1), 3, [
      colour[0]!,
      colour[1]!,
      colour[2]!,
    ]);
  }
}

export function portrait(signal: Stereo, score: Score): Buffer {
  const height = spectrogramHeight + waveformHeight + rollHeight + 2 * gap;
  const picture = new Picture(width, height, background);
  const samples = mono(signal);
  drawSpectrogram(picture, samples);
  drawWaveform(picture, samples, spectrogramHeight + gap);
  drawRoll(picture, score, spectrogramHeight + waveformHeight + 2 * gap);
  return picture.png();
}
