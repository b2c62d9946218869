#!/usr/bin/env node
/** The command line. */
import { Command } from "commander";
import { ConfigError } from "./base/config.ts";
import { explain } from "./cli/client.ts";
import { addDemoCommand } from "./cli/demo.ts";
import { addJobCommands } from "./cli/jobs.ts";
import { addKeyCommands } from "./cli/keys.ts";
import { addOrganizationCommands } from "./cli/organizations.ts";
import { addServeCommand } from "./cli/serve.ts";

const program = new Command("music")
  .description("AI music generation jobs as a service")
  .showHelpAfterError();
addServeCommand(program);
addDemoCommand(program);
addJobCommands(program);
addKeyCommands(program);
addOrganizationCommands(program);

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`${explain(error)}\n`);
  // 2 is for a mistake in what was asked for, as in most commands.
  process.exitCode = error instanceof ConfigError ? 2 : 1;
}
