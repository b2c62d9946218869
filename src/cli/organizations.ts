/** `orgs`: organizations, their caps, limits and members, in the service's database. */
import { Argument, type Command, InvalidArgumentError } from "commander";
import type { Organization } from "../generations/identity.ts";
import type { OrganizationLimit } from "../generations/limits.ts";
import { administer } from "./administration.ts";
import { wholeNumber } from "./arguments.ts";
import { CommandError } from "./exits.ts";
import {
  type OutputOptions,
  print,
  printTable,
  withExamples,
  withOutputOptions,
} from "./output.ts";

/** How people call the limits. */
const limitNames: Readonly<Record<string, OrganizationLimit>> = {
  "calls-per-minute": "callsPerMinute",
  streams: "streams",
  "queued-jobs": "queuedJobs",
  "audio-seconds-per-day": "audioSecondsPerDay",
};

function limitsText(limits: Partial<Record<OrganizationLimit, number>>): string {
  const own = Object.entries(limitNames).flatMap(([name, limit]) => {
    const value = limits[limit];
    return value === undefined ? [] : [`${name} ${value}`];
  });
  return own.join(", ") || "default";
}

/** With the limits' names as the contract writes names. */
function toJson({ limits, ...organization }: Organization) {
  const own = Object.entries(limitNames).map(([name, limit]) => [
    name.replaceAll("-", "_"),
    limits[limit],
  ]);
  return { ...organization, limits: Object.fromEntries(own) };
}

/** A whole number above 0, or `default`, which is null. */
function limitValue(text: string): number | null {
  if (text === "default") return null;
  const value = wholeNumber(text);
  if (value > 0) return value;
  throw new InvalidArgumentError("It should be above 0, or: default");
}

function list({ json, quiet }: OutputOptions): Promise<void> {
  return administer(async ({ organizations }) => {
    const found = await organizations.list();
    if (json) return print(JSON.stringify(found.map(toJson)));
    if (quiet) return found.forEach(({ id }) => void print(id));
    const rows = found.map(({ id, cap, limits, members }) => [
      id,
      cap === null ? "default" : String(cap),
      limitsText(limits),
      members.join(", "),
    ]);
    printTable(["ORGANIZATION", "CAP", "LIMITS", "MEMBERS"], rows);
  });
}

function add(organization: string, user: string): Promise<void> {
  return administer(({ organizations }) => organizations.addMember(organization, user));
}

function remove(organization: string, user: string): Promise<void> {
  return administer(async ({ organizations }) => {
    if (await organizations.removeMember(organization, user)) return;
    throw new CommandError("failed", `${user} is not a member of ${organization}.`);
  });
}

function cap(organization: string, jobs: number): Promise<void> {
  return administer(async ({ organizations }) => {
    if (await organizations.setCap(organization, jobs)) return;
    throw new CommandError("failed", `There is no organization ${organization}.`);
  });
}

function limit(organization: string, name: string, value: number | null): Promise<void> {
  return administer(async ({ organizations }) => {
    const known = limitNames[name];
    if (known === undefined) throw new TypeError(`no limit ${name}`);
    if (await organizations.setLimit(organization, known, value)) return;
    throw new CommandError("failed", `There is no organization ${organization}.`);
  });
}

/** Adds the commands to `program`. */
export function addOrganizationCommands(program: Command): void {
  const orgs = program.command("orgs").description("Organizations");
  const listing = orgs
    .command("list")
    .description("All organizations, with their caps and members")
    .action(list);
  withOutputOptions(listing, "print them as JSON", "only their ids");
  withExamples(listing, "music orgs list");
  const adding = orgs
    .command("add <organization> <user>")
    .description("Make a user a member, and the organization where it is missing")
    .action(add);
  withExamples(adding, "music orgs add org_new user_2");
  const removing = orgs
    .command("remove <organization> <user>")
    .description("End a membership: calls and streams end within seconds")
    .action(remove);
  withExamples(removing, "music orgs remove org_new user_2");
  const capping = orgs
    .command("cap <organization>")
    .description("Set how many jobs of an organization may run at once; running ones may end")
    .argument("<jobs>", "how many", wholeNumber)
    .action(cap);
  withExamples(capping, "music orgs cap org_abc123 8");
  const limiting = orgs
    .command("limit <organization>")
    .description("Set a limit of an organization, or take it back; the next calls meet it")
    .addArgument(new Argument("<limit>", "which one").choices(Object.keys(limitNames)))
    .argument("<value>", "the most, or: default", limitValue)
    .action(limit);
  withExamples(limiting, "music orgs limit org_abc123 calls-per-minute 600");
}
