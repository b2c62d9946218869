/** `keys` and `orgs` as people type them, on a database of several processes. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { startTestMongo, type TestMongo } from "../support/mongo.ts";
import { runCommand } from "../support/service-process.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

let mongo: TestMongo;
beforeAll(async () => {
  mongo = await startTestMongo();
});
afterAll(() => mongo.stop());

async function run(...args: string[]): Promise<string> {
  const env = { MONGODB_URI: mongo.uri, SIGNING_SECRET: "s".repeat(32) };
  return (await runCommand(await temporaryFolder(), args, env)).stdout;
}

const owner = ["--organization", "org_abc123", "--user", "user_1"];

it("a key is made, listed without itself, rotated and revoked", async () => {
  const options = ["--name", "CI", "--scope", "generations:read", "--expires-in-days", "30"];
  const made = JSON.parse(await run("keys", "create", ...owner, ...options, "--json"));
  expect(made).toMatchObject({
    key: expect.stringMatching(/^oak_[0-9A-Za-z]{49}$/),
    organization_id: "org_abc123",
    user_id: "user_1",
    name: "CI",
    scopes: ["generations:read"],
  });
  const days = (Date.parse(made.expires_at) - Date.parse(made.created_at)) / 86_400_000;
  expect(days).toBe(30);
  const rotated = JSON.parse(await run("keys", "rotate", made.id, "--grace-hours", "0", "--json"));
  expect(rotated).toMatchObject({ name: "CI", scopes: ["generations:read"], expires_at: null });
  expect(await run("keys", "revoke", rotated.id)).toBe(`${rotated.id} is revoked\n`);
  const table = await run("keys", "list", "--user", "user_1");
  expect(table.split("\n")[0]).toMatch(/^ID +KEY +USER +NAME +SCOPES +STATE +LAST USED$/);
  expect(table).toContain(`oak_…${made.key.slice(-4)}`);
  expect(table).not.toContain(made.key.slice(0, 20));
  const states = JSON.parse(await run("keys", "list", "--json"));
  expect(states).toMatchObject([
    { id: rotated.id, revoked_at: expect.any(String) },
    { id: made.id, revoked_at: null, expires_at: expect.any(String) },
  ]);
});

it("organizations have members, a cap and limits", async () => {
  await run("orgs", "add", "org_new", "user_1");
  await run("orgs", "add", "org_new", "user_2");
  await run("orgs", "cap", "org_new", "7");
  await run("orgs", "limit", "org_new", "calls-per-minute", "600");
  await run("orgs", "remove", "org_new", "user_1");
  const all = JSON.parse(await run("orgs", "list", "--json"));
  const limits = { calls_per_minute: 600 };
  expect(all).toContainEqual({ id: "org_new", cap: 7, limits, members: ["user_2"] });
  expect(await run("orgs", "list")).toMatch(/^org_new +7 +calls-per-minute 600 +user_2$/m);
  await run("orgs", "limit", "org_new", "calls-per-minute", "default");
  expect(await run("orgs", "list")).toMatch(/^org_new +7 +default +user_2$/m);
});

it.each([
  [1, ["keys", "revoke", "key_none"], "There is no key key_none."],
  [1, ["keys", "rotate", "key_none"], "There is no key key_none that holds."],
  [2, ["keys", "create", ...owner, "--scope", "all"], "It should be one of generations:read"],
  [1, ["orgs", "cap", "org_none", "3"], "There is no organization org_none."],
  [2, ["orgs", "cap", "org_none", "-3"], "It should be a whole number"],
  [1, ["orgs", "limit", "org_none", "calls-per-minute", "3"], "There is no organization org_none."],
  [2, ["orgs", "limit", "org_none", "calls-per-minute", "0"], "It should be above 0"],
  [2, ["orgs", "limit", "org_none", "calls", "3"], "Allowed choices are calls-per-minute"],
  [1, ["orgs", "remove", "org_none", "user_1"], "user_1 is not a member of org_none."],
])("exits with %i after %j and says what is wrong", async (code, args, message) => {
  await expect(run(...args)).rejects.toMatchObject({
    code,
    stderr: expect.stringContaining(message),
  });
});
