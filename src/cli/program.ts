/** All commands, as one program. */
import { Command } from "commander";
import { exitCodes } from "../base/exit-codes.ts";
import { addDemoCommand } from "./demo.ts";
import { addDoctorCommand } from "./doctor.ts";
import { addGenerateCommands } from "./generate.ts";
import { addJobCommands } from "./jobs.ts";
import { addKeyCommands } from "./keys.ts";
import { addOrganizationCommands } from "./organizations.ts";
import { addPlayCommand } from "./play.ts";
import { addServeCommand } from "./serve.ts";

const afterHelp = `
In this folder \`music\` stands for \`npm run -s cli --\`. Commands that call a service find it by MUSIC_URL,
and use the key in MUSIC_API_KEY and the organization in MUSIC_ORGANIZATION.

Examples:
  $ music demo
  $ music doctor
  $ music generate --help

Exit codes:
${Object.values(exitCodes)
  .map(({ code, when }) => `  ${String(code).padStart(3)}  ${when}`)
  .join("\n")}`;

/** Throws `CommanderError` where help was asked for or the arguments are wrong, and prints both. */
export function createProgram(): Command {
  const program = new Command("music")
    .description("AI music generation jobs as a service")
    .showHelpAfterError("(add --help for how to use it)")
    .addHelpText("after", afterHelp)
    .exitOverride();
  addServeCommand(program);
  addDemoCommand(program);
  addGenerateCommands(program);
  addJobCommands(program);
  addPlayCommand(program);
  addKeyCommands(program);
  addOrganizationCommands(program);
  addDoctorCommand(program);
  return program;
}
