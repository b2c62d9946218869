/** What a run found: tables for people and for README.md, and all of it as JSON. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface Table {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** What a reader has to know to read it right. */
  readonly notes: readonly string[];
  /** What the cells were made of. */
  readonly data: unknown;
}

export interface Report {
  readonly date: string;
  readonly machine: string;
  readonly versions: readonly string[];
  /** Queues that were left out, and why. */
  readonly missing: readonly string[];
  readonly rounds: number;
  /** Load averages at the beginning and the end. */
  readonly load: readonly number[];
  readonly tables: readonly Table[];
}

function markdownTable({ title, columns, rows, notes }: Table): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const rule = columns.map((_, index) => (index === 0 ? "---" : "---:"));
  const remarks = notes.map((note) => `- ${note}`);
  return [
    `### ${title}`,
    "",
    line(columns),
    line(rule),
    ...rows.map(line),
    "",
    ...remarks,
    "",
  ].join("\n");
}

export function markdownOf(report: Report): string {
  const { date, machine, versions, missing, rounds, load, tables } = report;
  const head = [
    `Measured on ${date.slice(0, 10)} on ${machine}; ${versions.join(", ")}.`,
    `${rounds} interleaved rounds, medians. Load average ${load.map((each) => each.toFixed(1)).join(" → ")}.`,
    ...missing.map((word) => `Left out: ${word}.`),
    "",
  ];
  return [...head, ...tables.map(markdownTable)].join("\n");
}

/** Writes `results/<time>.json` and `.md`; their path without the ending. */
export function write(report: Report): string {
  const folder = join(import.meta.dirname, "results");
  mkdirSync(folder, { recursive: true });
  const path = join(folder, report.date.replaceAll(":", "-"));
  writeFileSync(`${path}.json`, `${JSON.stringify(report, null, 2)}\n`);
  writeFileSync(`${path}.md`, markdownOf(report));
  return path;
}

/** A rate for a cell. */
export function perSecond(rate: number): string {
  return `${rate >= 1_000 ? (Math.round(rate / 10) * 10).toLocaleString("en") : rate.toFixed(0)}/s`;
}

export function inMs(ms: number): string {
  return `${ms.toFixed(1)} ms`;
}

export function times(ratio: number): string {
  return `${ratio.toFixed(ratio < 10 ? 2 : 1)} ×`;
}
