/** The life of an API key against a real mongod: made, used, rotated, expired, revoked. */
import { expect, it } from "vitest";
import { systemRandom } from "../../src/base/random.ts";
import { newKey } from "../../src/generations/api-key-format.ts";
import { openTestStore } from "../support/store.ts";

const { apiKeys, database, organizations } = await openTestStore();

it("a key says who calls and what for; by default it reads and writes", async () => {
  const made = await apiKeys.create("org_a", "user_1", { name: "CI" });
  expect(await apiKeys.authenticate(made.key)).toEqual({
    userId: "user_1",
    keyId: made.id,
    scopes: ["generations:read", "generations:write"],
  });
  expect(await organizations.membership("org_a", "user_1")).toEqual({ limits: {} });
  expect(await apiKeys.authenticate(newKey(systemRandom))).toBeNull();
});

it("nothing that is kept or listed holds the key", async () => {
  const { id, key } = await apiKeys.create("org_a", "user_listed");
  const listed = await apiKeys.list("user_listed");
  expect(listed).toMatchObject([{ id, lastFour: key.slice(-4), expiresAt: null, revokedAt: null }]);
  const kept = await database.apiKeys.find().toArray();
  expect(JSON.stringify([listed, kept])).not.toContain(key.slice(4, 40));
});

it("a revoked key is refused at once, for good, and stays in the list", async () => {
  const { id, key } = await apiKeys.create("org_a", "user_revoked");
  expect(await apiKeys.isValid(id)).toBe(true);
  const revoked = await apiKeys.revoke(id);
  expect(revoked?.revokedAt).toBeInstanceOf(Date);
  expect([await apiKeys.authenticate(key), await apiKeys.isValid(id)]).toEqual([null, false]);
  expect(await apiKeys.revoke(id)).toEqual(revoked);
  expect(await apiKeys.list("user_revoked")).toEqual([revoked]);
  expect(await apiKeys.revoke("key_none")).toBeNull();
});

it("a key expires by the database's clock", async () => {
  const { id, key } = await apiKeys.create("org_a", "user_1", { expiresInMs: 3_600_000 });
  expect(await apiKeys.authenticate(key)).not.toBeNull();
  await database.apiKeys.updateOne({ _id: id }, { $set: { expiresAt: new Date() } });
  expect([await apiKeys.authenticate(key), await apiKeys.isValid(id)]).toEqual([null, false]);
});

it("a rotated key and its successor hold together until the grace is over", async () => {
  const old = await apiKeys.create("org_a", "user_1", { name: "CI", scopes: ["admin"] });
  const made = await apiKeys.rotate(old.id, 3_600_000);
  expect(made).toMatchObject({ name: "CI", userId: "user_1", scopes: ["admin"], expiresAt: null });
  expect(await apiKeys.authenticate(old.key)).toMatchObject({ keyId: old.id });
  expect(await apiKeys.authenticate(made?.key ?? "")).toMatchObject({ keyId: made?.id });
  await apiKeys.rotate(old.id, 0);
  expect(await apiKeys.authenticate(old.key)).toBeNull();
  expect(await apiKeys.rotate(old.id, 0)).toBeNull();
});

it("a rotation does not make a key live longer than it would have", async () => {
  const old = await apiKeys.create("org_a", "user_long", { expiresInMs: 1_000 });
  await apiKeys.rotate(old.id, 3_600_000);
  const [, kept] = await apiKeys.list("user_long");
  expect(kept?.expiresAt).toEqual(old.expiresAt);
});

it("its last use is noted", async () => {
  const { key } = await apiKeys.create("org_a", "user_used");
  expect(await apiKeys.list("user_used")).toMatchObject([{ lastUsedAt: null }]);
  await apiKeys.authenticate(key);
  await expect
    .poll(async () => (await apiKeys.list("user_used"))[0]?.lastUsedAt)
    .toBeInstanceOf(Date);
});
