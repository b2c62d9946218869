/** What the studio understood of a request, in the words of the job. */
import type { Interpretation } from "../generations/interpretation.ts";
import type { InterpretationReport } from "../studio/prompt/report.ts";

export function interpretationOf(report: InterpretationReport): Interpretation {
  const { genre, mood, energy, era, tempo, tonic, mode, metre } = report;
  return {
    style: genre.value,
    styleName: report.genreName,
    mood: mood?.value ?? null,
    energy: energy.value,
    era: era?.value ?? null,
    tempo: tempo.value,
    tonic: tonic.value,
    mode: mode.value,
    metre: metre.value,
    instruments: report.instruments,
    wantedInstruments: report.wanted,
    unwantedInstruments: report.unwanted,
    sections: report.sections.map(({ kind, start, duration }) => ({
      kind,
      startSeconds: start,
      durationSeconds: duration,
    })),
    sources: {
      style: genre.source,
      ...(mood && { mood: mood.source }),
      energy: energy.source,
      ...(era && { era: era.source }),
      tempo: tempo.source,
      tonic: tonic.source,
      mode: mode.source,
      metre: metre.source,
    },
  };
}
