/** `keys`: API keys in the service's database, made, listed, rotated and revoked. */
import { type Command, InvalidArgumentError, Option } from "commander";
import { type ApiKey, type KeyScope, keyScopes, type NewApiKey } from "../generations/identity.ts";
import { administer } from "./administration.ts";
import { repeated, wholeNumber } from "./arguments.ts";
import { CommandError } from "./exits.ts";
import {
  note,
  type OutputOptions,
  print,
  printTable,
  withExamples,
  withOutputOptions,
} from "./output.ts";
import { instantText } from "./time-text.ts";

interface CreateOptions extends OutputOptions {
  readonly organization: string;
  readonly user: string;
  readonly name?: string;
  readonly scope: readonly KeyScope[];
  readonly expiresInDays?: number;
}

const hourMs = 3_600_000;

/** A key as it is printed in JSON; the key itself only where it was just made. */
function toJson(key: ApiKey & Partial<NewApiKey>, organization?: string): string {
  return JSON.stringify({
    id: key.id,
    ...(key.key !== undefined && { key: key.key }),
    ...(organization !== undefined && { organization_id: organization }),
    user_id: key.userId,
    name: key.name,
    scopes: key.scopes,
    last_four: key.lastFour,
    created_at: key.createdAt,
    expires_at: key.expiresAt,
    revoked_at: key.revokedAt,
    last_used_at: key.lastUsedAt,
  });
}

function showOnce(made: NewApiKey, options: OutputOptions, organization?: string): void {
  print(options.json ? toJson(made, organization) : made.key);
  if (!options.json) note("This is shown once; only a hash of it is kept.", options);
}

function create(options: CreateOptions) {
  const { organization, user, name, scope, expiresInDays } = options;
  return administer(async ({ apiKeys }) => {
    const made = await apiKeys.create(organization, user, {
      ...(name !== undefined && { name }),
      ...(scope.length > 0 && { scopes: scope }),
      ...(expiresInDays !== undefined && { expiresInMs: expiresInDays * 24 * hourMs }),
    });
    showOnce(made, options, organization);
  });
}

function stateOf({ revokedAt, expiresAt }: ApiKey): string {
  if (revokedAt !== null) return `revoked ${instantText(revokedAt)}`;
  return expiresAt === null ? "holds" : `until ${instantText(expiresAt)}`;
}

function list({ user, json, quiet }: OutputOptions & { user?: string }): Promise<void> {
  return administer(async ({ apiKeys }) => {
    const found = await apiKeys.list(user ?? null);
    if (json) return print(`[${found.map((key) => toJson(key)).join(",")}]`);
    if (quiet) return found.forEach((key) => void print(key.id));
    const rows = found.map((key) => [
      key.id,
      `oak_…${key.lastFour}`,
      key.userId,
      key.name,
      key.scopes.join(" "),
      stateOf(key),
      key.lastUsedAt === null ? "never" : instantText(key.lastUsedAt),
    ]);
    printTable(["ID", "KEY", "USER", "NAME", "SCOPES", "STATE", "LAST USED"], rows);
  });
}

function rotate(id: string, options: OutputOptions & { readonly graceHours: number }) {
  return administer(async ({ apiKeys }) => {
    const made = await apiKeys.rotate(id, options.graceHours * hourMs);
    if (made === null) throw new CommandError("failed", `There is no key ${id} that holds.`);
    showOnce(made, options);
  });
}

function revoke(id: string, { json, quiet }: OutputOptions): Promise<void> {
  return administer(async ({ apiKeys }) => {
    const revoked = await apiKeys.revoke(id);
    if (revoked === null) throw new CommandError("failed", `There is no key ${id}.`);
    if (json) print(toJson(revoked));
    else if (!quiet) print(`${id} is revoked`);
  });
}

function oneOfScopes(text: string, earlier: readonly string[]): readonly string[] {
  if ((keyScopes as readonly string[]).includes(text)) return repeated(text, earlier);
  throw new InvalidArgumentError(`It should be one of ${keyScopes.join(", ")}.`);
}

/** Adds the commands to `program`. */
export function addKeyCommands(program: Command): void {
  const keys = program.command("keys").description("API keys");
  const scope = new Option("--scope <scope>", "what it may do; repeat it for more than one")
    .argParser(oneOfScopes)
    .default([], "generations:read and generations:write");
  const creating = keys
    .command("create")
    .description("Make a key, and the organization and membership where they are missing")
    .requiredOption("--organization <id>", "for example org_abc123")
    .requiredOption("--user <id>", "for example user_1")
    .option("--name <name>", "what people call it")
    .addOption(scope)
    .option("--expires-in-days <days>", "for ever without it", wholeNumber)
    .action(create);
  withOutputOptions(creating, "print it as JSON", "only the key");
  withExamples(
    creating,
    "music keys create --organization org_abc123 --user user_1",
    "music keys create --organization org_abc123 --user ci --scope generations:read --json",
  );
  const listing = keys
    .command("list")
    .description("All keys, without the keys themselves")
    .option("--user <id>", "those of one user")
    .action(list);
  withOutputOptions(listing, "print them as JSON", "only their ids");
  withExamples(listing, "music keys list --user user_1");
  const rotating = keys
    .command("rotate <id>")
    .description("Make a key in another's place; both hold for a while")
    .option("--grace-hours <hours>", "how long the old one still holds", wholeNumber, 24)
    .action(rotate);
  withOutputOptions(rotating, "print the new one as JSON", "only the key");
  withExamples(rotating, 'music keys rotate "$KEY_ID" --grace-hours 1');
  const revoking = keys
    .command("revoke <id>")
    .description("End a key, for every process at once")
    .action(revoke);
  withOutputOptions(revoking, "print it as JSON", "say nothing");
  withExamples(revoking, 'music keys revoke "$KEY_ID"');
}
