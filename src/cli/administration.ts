/** What commands that administer the service share: they work on its database, beside it or without it. */
import { readConfig } from "../base/config.ts";
import { createLog } from "../base/log.ts";
import { type Administration, openAdministration } from "../compose-database.ts";

/** Opens the database, does `work` and closes it again. */
export async function administer(work: (administration: Administration) => Promise<void>) {
  const config = readConfig(process.env);
  const report = (message: string) => process.stderr.write(`${message}\n`);
  const administration = await openAdministration(config, report, createLog(config.LOG_LEVEL));
  try {
    await work(administration);
  } finally {
    await administration.stop();
  }
}

/** One line on standard output. */
export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** A table for people: columns padded, two spaces apart. */
export function printTable(header: readonly string[], rows: readonly (readonly string[])[]): void {
  const all = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  for (const row of all) {
    print(
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    );
  }
}
