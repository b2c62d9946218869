#!/usr/bin/env node
/** The command line. */
import { CommanderError } from "commander";
import { explain } from "./cli/client.ts";
import { exitOf, setExit } from "./cli/exits.ts";
import { createProgram } from "./cli/program.ts";

// Whoever reads the output may have seen enough, such as `| head -n 1`.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit();
});

try {
  await createProgram().parseAsync();
} catch (error) {
  // Commander has said what is wrong, or shown the help that was asked for.
  if (!(error instanceof CommanderError)) process.stderr.write(`${explain(error)}\n`);
  setExit(exitOf(error));
}
