/** The report as one HTML page beside its pictures. */
import type { Score } from "../../../src/studio/score.ts";
import type { Figures } from "./figures.ts";
import type { AskedPrompt } from "./prompts.ts";

export interface StyleSheet {
  readonly key: string;
  readonly score: Score;
  readonly figures: Figures;
  readonly repeated: number;
}

export interface HeardPrompt {
  readonly asked: AskedPrompt;
  readonly keyName: string;
  readonly heardKey: string;
  readonly heardTempo: number;
  readonly keyAgrees: boolean;
  readonly tempoAgrees: boolean;
  readonly tempoIsSame: boolean;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}

function sheet({ key, score, figures, repeated }: StyleSheet): string {
  const { ffmpeg } = figures;
  const rows: [string, string][] = [
    ["title", escaped(score.title)],
    ["key", `${score.key.tonic} ${score.key.mode}, heard as ${figures.heardKey}`],
    [
      "tempo",
      `${score.tempo.toFixed(1)} in ${score.metre.name}, heard ${figures.heardTempo.toFixed(1)}`,
    ],
    ["loudness", `${figures.lufs.toFixed(2)} LUFS${ffmpeg ? ` (ffmpeg ${ffmpeg.lufs})` : ""}`],
    [
      "true peak",
      `${figures.truePeakDb.toFixed(2)} dBTP${ffmpeg ? ` (ffmpeg ${ffmpeg.truePeakDb})` : ""}`,
    ],
    ["length", `${figures.seconds.toFixed(5)} s`],
    [
      "DC, clipped, silent",
      `${figures.dc.toExponential(1)}, ${figures.clipped}, ${figures.silent / 10} s`,
    ],
    ["side to middle", `${figures.width.toFixed(1)} dB`],
    ["repeated bars", `${(repeated * 100).toFixed(0)} %`],
    [
      "form",
      score.sections
        .map(({ kind, bars, energy }) => `${kind} ${bars} (${energy.toFixed(2)})`)
        .join(" · "),
    ],
  ];
  const table = rows.map(([name, value]) => `<tr><th>${name}<td>${value}`).join("");
  return `<section><h2>${escaped(score.style.name)}</h2><table>${table}</table>
<audio controls preload=none src="${key}.mp3"></audio>
<img src="${key}.png" alt="spectrogram, waveform and score of ${key}"></section>`;
}

function agreement(heard: readonly HeardPrompt[]): string {
  const count = (test: (prompt: HeardPrompt) => boolean) => heard.filter(test).length;
  const rows = heard.map(
    ({ asked, keyName, heardKey, heardTempo, keyAgrees, tempoAgrees }) =>
      `<tr><td>${escaped(asked.text)}<td class=${keyAgrees}>${keyName} → ${heardKey}` +
      `<td class=${tempoAgrees}>${asked.tempo} → ${heardTempo.toFixed(1)}`,
  );
  return `<p>Of ${heard.length} prompts the key is heard as asked in ${count((p) => p.keyAgrees)}, the
tempo in ${count((p) => p.tempoAgrees)} (${count((p) => p.tempoIsSame)} without counting multiples), both
in ${count((p) => p.keyAgrees && p.tempoAgrees)}.</p>
<details><summary>Each prompt</summary><table>${rows.join("")}</table></details>`;
}

export function page(
  sheets: readonly StyleSheet[],
  heard: readonly HeardPrompt[],
  wrongStyles: readonly string[],
): string {
  return `<!doctype html><meta charset=utf-8><title>Studio report</title>
<style>body{font:14px system-ui;background:#101018;color:#dde;max-width:1040px;margin:2em auto}
th{text-align:left;padding-right:1em;color:#99a}.false{color:#f77}img{width:100%;margin:.5em 0 2em}
audio{width:100%}</style>
<h1>Studio report</h1>${agreement(heard)}
<p>Styles taken for another by their sound: ${wrongStyles.length === 0 ? "none" : wrongStyles.join("; ")}.</p>
${sheets.map(sheet).join("\n")}`;
}
