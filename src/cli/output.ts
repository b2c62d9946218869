/**
 * What commands say, and where: results on standard output, so that they can be piped, everything about
 * them on standard error, which `--quiet` silences.
 */
import type { Command } from "commander";

export interface OutputOptions {
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** Adds `--json` and `--quiet`; `json` says what the first prints, `quiet` what the second leaves. */
export function withOutputOptions(command: Command, json: string, quiet?: string): Command {
  command.option("--json", json);
  return quiet === undefined ? command : command.option("-q, --quiet", quiet);
}

/** One line on standard output. */
export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** One line for people on standard error. */
export function note(line: string, { quiet = false }: OutputOptions = {}): void {
  if (!quiet) process.stderr.write(`${line}\n`);
}

/** A table for people: columns padded, two spaces apart. */
export function printTable(header: readonly string[], rows: readonly (readonly string[])[]): void {
  const all = header.length === 0 ? rows : [header, ...rows];
  const widths = (all[0] ?? []).map((_, column) =>
    Math.max(...all.map((row) => row[column]?.length ?? 0)),
  );
  for (const row of all) {
    const cells = row.map((cell, column) => cell.padEnd(widths[column] ?? 0));
    print(cells.join("  ").trimEnd());
  }
}

/** Adds examples to the help of a command; `music` stands for how it was started. */
export function withExamples(command: Command, ...examples: readonly string[]): Command {
  const lines = examples.map((example) => `  $ ${example}`);
  return command.addHelpText("after", `\nExamples:\n${lines.join("\n")}`);
}
