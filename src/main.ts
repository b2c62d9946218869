#!/usr/bin/env node
/** The command line. */
import { Command, CommanderError } from "commander";
import { ConfigError } from "./base/config.ts";
import { type ExitKind, exitCode } from "./base/exit-codes.ts";
import { explain } from "./cli/client.ts";
import { addDemoCommand } from "./cli/demo.ts";
import { addJobCommands } from "./cli/jobs.ts";
import { addKeyCommands } from "./cli/keys.ts";
import { addOrganizationCommands } from "./cli/organizations.ts";
import { addServeCommand } from "./cli/serve.ts";

const program = new Command("music")
  .description("AI music generation jobs as a service")
  .showHelpAfterError()
  // So that this file decides on the exit code.
  .exitOverride();
addServeCommand(program);
addDemoCommand(program);
addJobCommands(program);
addKeyCommands(program);
addOrganizationCommands(program);

try {
  await program.parseAsync();
} catch (error) {
  // A CommanderError has been told to the user already; help is one, too.
  if (!(error instanceof CommanderError)) process.stderr.write(`${explain(error)}\n`);
  process.exitCode = exitCode(kindOf(error));
}

function kindOf(error: unknown): ExitKind {
  if (error instanceof CommanderError) return error.exitCode === 0 ? "ok" : "usage";
  return error instanceof ConfigError ? "usage" : "failed";
}
