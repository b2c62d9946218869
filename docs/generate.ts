/**
 * Writes the reference pages that are made from the code's own tables; a step of `npm run generate`. A test
 * holds the committed pages against it.
 */
import { writeFileSync } from "node:fs";
import { Code } from "@connectrpc/connect";
import type { Command } from "commander";
import { encodings } from "../src/api/errors.ts";
import { settings } from "../src/base/config.ts";
import { exitCodes } from "../src/base/exit-codes.ts";
import { createProgram } from "../src/cli/program.ts";
import { type FailureKind, failures } from "../src/generations/failures.ts";

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(header), line(header.map(() => "---")), ...rows.map(line)].join("\n");
}

function page(title: string, source: string, ...parts: readonly string[]): string {
  const note = `<!-- Made from ${source} by \`npm run generate\`: change it there. -->`;
  return `${[`# ${title}`, note, ...parts].join("\n\n")}\n`;
}

function configuration(): string {
  const rows = Object.entries(settings.shape).map(([name, schema]) => {
    const unset = schema.safeParse(undefined);
    const found = unset.success && unset.data !== undefined ? String(unset.data) : "";
    const shown = name === "DATA_DIR" ? "./data" : found;
    return [`\`${name}\``, shown && `\`${shown}\``, schema.description ?? ""];
  });
  return page(
    "Settings",
    "src/base/config.ts",
    "They come from the environment, are read once, at the start, and every fault is listed at once.",
    table(["setting", "default", "what it is"], rows),
    "Besides these, `MONGOD_BINARY` names the `mongod` of the embedded database, and commands that call a\nservice read `MUSIC_URL`, `MUSIC_API_KEY` and `MUSIC_ORGANIZATION`: see [the command line](command-line.md).",
  );
}

function errors(): string {
  const rows = (Object.keys(failures) as FailureKind[]).map((kind) => {
    const { code, systemMessage, message, retryable } = failures[kind];
    const { status, rpc } = encodings[code];
    return [
      `\`${code}\``,
      String(status),
      `\`${Code[rpc]}\``,
      retryable ? "yes" : "no",
      systemMessage,
      message,
    ];
  });
  return page(
    "Errors",
    "src/generations/failures.ts and src/api/errors.ts",
    "A code never changes its meaning; compare it, not the sentences. On REST it is `error.code`, on gRPC, Connect\nand gRPC-Web the `reason` of `google.rpc.ErrorInfo`. What is wrong with fields is in `error.details.violations`\nand in `google.rpc.BadRequest`. Where a retry helps, `Retry-After` and `google.rpc.RetryInfo` say when.",
    table(["code", "HTTP", "RPC", "retry helps", "for a developer", "for a user"], rows),
  );
}

function exits(): string {
  const rows = Object.values(exitCodes).map(({ code, when }) => [String(code), when]);
  return page("Exit codes", "src/base/exit-codes.ts", table(["code", "when"], rows));
}

function helpOf(command: Command): string {
  let text = "";
  const writeOut = (part: string) => {
    text += part;
  };
  command.configureOutput({ writeOut, getOutHelpWidth: () => 100 }).outputHelp();
  return text.trimEnd();
}

/** All commands that do something, with their full names. */
export function commandsOf(program: Command, before = ""): readonly [string, Command][] {
  return program.commands.flatMap((command): readonly [string, Command][] => {
    const name = `${before}${command.name()}`;
    return command.commands.length > 0 ? commandsOf(command, `${name} `) : [[name, command]];
  });
}

function commandLine(): string {
  const sections = commandsOf(createProgram()).map(
    ([name, command]) => `## ${name}\n\n\`\`\`text\n${helpOf(command)}\n\`\`\``,
  );
  return page(
    "The command line",
    "the help of each command",
    "In the folder of the project `music` stands for `npm run -s cli --`. Results go to standard output, all else\nto standard error. What commands exit with is [a table of its own](exit-codes.md).",
    ...sections,
  );
}

/** Every page by its path under `docs/`. */
export function makeReference(): Readonly<Record<string, string>> {
  return {
    "reference/configuration.md": configuration(),
    "reference/errors.md": errors(),
    "reference/exit-codes.md": exits(),
    "reference/command-line.md": commandLine(),
  };
}

if (import.meta.main) {
  for (const [path, text] of Object.entries(makeReference())) {
    writeFileSync(new URL(path, import.meta.url), text);
  }
}
