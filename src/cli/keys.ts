/** `keys create`: makes an API key in the service's database, beside it or without it. */
import type { Command } from "commander";
import { readConfig } from "../base/config.ts";
import { createLog } from "../base/log.ts";
import { openAdministration } from "../compose-database.ts";

interface CreateOptions {
  readonly organization: string;
  readonly user: string;
  readonly json?: boolean;
}

async function create(options: CreateOptions): Promise<void> {
  const config = readConfig(process.env);
  const report = (message: string) => console.error(message);
  const administration = await openAdministration(config, report, createLog(config.LOG_LEVEL));
  try {
    const made = await administration.apiKeys.create(options.organization, options.user);
    const shown = {
      id: made.id,
      key: made.key,
      organization_id: made.organizationId,
      user_id: made.userId,
    };
    console.log(options.json ? JSON.stringify(shown) : made.key);
    if (!options.json) console.error("This is shown once; only a hash of it is kept.");
  } finally {
    await administration.stop();
  }
}

/** Adds the commands to `program`. */
export function addKeyCommands(program: Command): void {
  program
    .command("keys")
    .description("API keys")
    .command("create")
    .description("Make a key, and the organization and membership where they are missing")
    .requiredOption("--organization <id>", "for example org_abc123")
    .requiredOption("--user <id>", "for example user_1")
    .option("--json", "print it as JSON")
    .action(create);
}
