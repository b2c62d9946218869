/** `keys`: API keys in the service's database, made, listed, rotated and revoked. */
import { type Command, InvalidArgumentError, Option } from "commander";
import { type ApiKey, type KeyScope, keyScopes, type NewApiKey } from "../generations/identity.ts";
import { administer, print, printTable } from "./administration.ts";
import { repeated, wholeNumber } from "./jobs.ts";

interface Json {
  readonly json?: boolean;
}

interface CreateOptions extends Json {
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

function showOnce(made: NewApiKey, json: boolean | undefined, organization?: string): void {
  print(json ? toJson(made, organization) : made.key);
  if (!json) process.stderr.write("This is shown once; only a hash of it is kept.\n");
}

function create({ organization, user, name, scope, expiresInDays, json }: CreateOptions) {
  return administer(async ({ apiKeys }) => {
    const made = await apiKeys.create(organization, user, {
      ...(name !== undefined && { name }),
      ...(scope.length > 0 && { scopes: scope }),
      ...(expiresInDays !== undefined && { expiresInMs: expiresInDays * 24 * hourMs }),
    });
    showOnce(made, json, organization);
  });
}

function stateOf({ revokedAt, expiresAt }: ApiKey): string {
  if (revokedAt !== null) return `revoked ${dayOf(revokedAt)}`;
  return expiresAt === null ? "holds" : `until ${dayOf(expiresAt)}`;
}

function dayOf(date: Date): string {
  return date.toISOString().slice(0, 16).replace("T", " ");
}

function list({ user, json }: Json & { readonly user?: string }): Promise<void> {
  return administer(async ({ apiKeys }) => {
    const found = await apiKeys.list(user ?? null);
    if (json) return print(`[${found.map((key) => toJson(key)).join(",")}]`);
    const rows = found.map((key) => [
      key.id,
      `oak_…${key.lastFour}`,
      key.userId,
      key.name,
      key.scopes.join(" "),
      stateOf(key),
      key.lastUsedAt === null ? "never" : dayOf(key.lastUsedAt),
    ]);
    printTable(["ID", "KEY", "USER", "NAME", "SCOPES", "STATE", "LAST USED"], rows);
  });
}

function rotate(id: string, { graceHours, json }: Json & { readonly graceHours: number }) {
  return administer(async ({ apiKeys }) => {
    const made = await apiKeys.rotate(id, graceHours * hourMs);
    if (made === null) throw new Error(`There is no key ${id} that holds.`);
    showOnce(made, json);
  });
}

function revoke(id: string, { json }: Json): Promise<void> {
  return administer(async ({ apiKeys }) => {
    const revoked = await apiKeys.revoke(id);
    if (revoked === null) throw new Error(`There is no key ${id}.`);
    print(json ? toJson(revoked) : `${id} is revoked`);
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
  keys
    .command("create")
    .description("Make a key, and the organization and membership where they are missing")
    .requiredOption("--organization <id>", "for example org_abc123")
    .requiredOption("--user <id>", "for example user_1")
    .option("--name <name>", "what people call it")
    .addOption(scope)
    .option("--expires-in-days <days>", "for ever without it", wholeNumber)
    .option("--json", "print it as JSON")
    .action(create);
  keys
    .command("list")
    .description("All keys, without the keys themselves")
    .option("--user <id>", "those of one user")
    .option("--json", "print them as JSON")
    .action(list);
  keys
    .command("rotate <id>")
    .description("Make a key in another's place; both hold for a while")
    .option("--grace-hours <hours>", "how long the old one still holds", wholeNumber, 24)
    .option("--json", "print the new one as JSON")
    .action(rotate);
  keys
    .command("revoke <id>")
    .description("End a key, for every process at once")
    .option("--json", "print it as JSON")
    .action(revoke);
}
