/** `orgs`: organizations, their caps and members, in the service's database. */
import type { Command } from "commander";
import { administer, print, printTable } from "./administration.ts";
import { wholeNumber } from "./jobs.ts";

interface Json {
  readonly json?: boolean;
}

function list({ json }: Json): Promise<void> {
  return administer(async ({ organizations }) => {
    const found = await organizations.list();
    if (json) return print(JSON.stringify(found));
    const rows = found.map(({ id, cap, members }) => [
      id,
      cap === null ? "default" : String(cap),
      members.join(", "),
    ]);
    printTable(["ORGANIZATION", "CAP", "MEMBERS"], rows);
  });
}

function add(organization: string, user: string): Promise<void> {
  return administer(({ organizations }) => organizations.addMember(organization, user));
}

function remove(organization: string, user: string): Promise<void> {
  return administer(async ({ organizations }) => {
    if (await organizations.removeMember(organization, user)) return;
    throw new Error(`${user} is not a member of ${organization}.`);
  });
}

function cap(organization: string, jobs: number): Promise<void> {
  return administer(async ({ organizations }) => {
    if (await organizations.setCap(organization, jobs)) return;
    throw new Error(`There is no organization ${organization}.`);
  });
}

/** Adds the commands to `program`. */
export function addOrganizationCommands(program: Command): void {
  const orgs = program.command("orgs").description("Organizations");
  orgs
    .command("list")
    .description("All organizations, with their caps and members")
    .option("--json", "print them as JSON")
    .action(list);
  orgs
    .command("add <organization> <user>")
    .description("Make a user a member, and the organization where it is missing")
    .action(add);
  orgs
    .command("remove <organization> <user>")
    .description("End a membership: calls and streams end within seconds")
    .action(remove);
  orgs
    .command("cap <organization>")
    .description("Set how many jobs of an organization may run at once; running ones may end")
    .argument("<jobs>", "how many", wholeNumber)
    .action(cap);
}
