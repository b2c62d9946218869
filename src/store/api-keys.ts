/**
 * API keys over MongoDB. Only the SHA-256 of a key is kept; a hash without salt is enough for 256 random bits,
 * and lets the key be found by index. The database's clock decides what has expired.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import type { Clock } from "../base/clock.ts";
import type { Random } from "../base/random.ts";
import { isKeyForm, newKey } from "../generations/api-key-format.ts";
import { newId } from "../generations/identifiers.ts";
import type {
  ApiKey,
  Authenticator,
  KeyScope,
  NewApiKey,
  NewKeyOptions,
} from "../generations/identity.ts";
import type { Database } from "./database.ts";
import { type ApiKeyDocument, schemaVersion } from "./documents.ts";
import type { MongoOrganizations } from "./organizations.ts";

export interface ApiKeys extends Authenticator {
  /** Makes a key for the user, and the organization and membership where they are missing. */
  create(organizationId: string, userId: string, options?: NewKeyOptions): Promise<NewApiKey>;
  /** The user's keys, the newest first; everyone's when `userId` is null. */
  list(userId: string | null): Promise<ApiKey[]>;
  /**
   * Makes a key in another's place, with its name, user and scopes; the old one holds for `graceMs`
   * milliseconds more.
   * @returns null when there is no such key, or it does not hold any more
   */
  rotate(keyId: string, graceMs: number): Promise<NewApiKey | null>;
  /** Ends a key; null when there is none. Every process refuses it from its next look on. */
  revoke(keyId: string): Promise<ApiKey | null>;
}

const defaultScopes: readonly KeyScope[] = ["generations:read", "generations:write"];
/** How exact `lastUsedAt` is, in milliseconds. */
const usedEveryMs = 60_000;
/** Keys whose last use a process remembers, so that it does not write it again at once. */
const mostRemembered = 10_000;
/** Most keys in a list. */
const mostListed = 1_000;

/** Not revoked and not expired. */
const holds = {
  revokedAt: { $exists: false },
  $expr: { $gt: [{ $ifNull: ["$expiresAt", { $add: ["$$NOW", 1] }] }, "$$NOW"] },
};

function hashOf(key: string): string {
  return createHash("sha256").update(key).digest("hex");
}

function toApiKey(document: ApiKeyDocument): ApiKey {
  return {
    id: document._id,
    name: document.name,
    userId: document.user,
    scopes: document.scopes,
    lastFour: document.lastFour,
    createdAt: document.createdAt,
    expiresAt: document.expiresAt ?? null,
    revokedAt: document.revokedAt ?? null,
    lastUsedAt: document.lastUsedAt ?? null,
  };
}

type Keys = Database["apiKeys"];

/** A fresh key for the user. */
async function insert(
  apiKeys: Keys,
  random: Random,
  user: string,
  { name = "", scopes = defaultScopes, expiresInMs }: NewKeyOptions,
): Promise<NewApiKey> {
  const key = newKey(random);
  const document = {
    schema: schemaVersion,
    hash: hashOf(key),
    lastFour: { $literal: key.slice(-4) },
    user: { $literal: user },
    name: { $literal: name },
    scopes: { $literal: [...scopes] },
    createdAt: "$$NOW",
    ...(expiresInMs !== undefined && { expiresAt: { $add: ["$$NOW", expiresInMs] } }),
  };
  // An upsert by a fresh id, since only a pipeline can stamp it with the server's clock.
  const made = await apiKeys.findOneAndUpdate({ _id: newId(random, "key") }, [{ $set: document }], {
    upsert: true,
    returnDocument: "after",
  });
  return { ...toApiKey(made as ApiKeyDocument), key };
}

/** The successor first, so that a crash in between leaves two keys that hold rather than none. */
async function rotate(apiKeys: Keys, random: Random, keyId: string, graceMs: number) {
  const old = await apiKeys.findOne({ _id: keyId, ...holds });
  if (old === null) return null;
  const { user, name, scopes } = old;
  const successor = await insert(apiKeys, random, user, { name, scopes });
  const until = { $add: ["$$NOW", graceMs] };
  await apiKeys.updateOne({ _id: keyId }, [
    { $set: { expiresAt: { $min: [until, { $ifNull: ["$expiresAt", until] }] } } },
  ]);
  return successor;
}

async function revoke(apiKeys: Keys, keyId: string): Promise<ApiKey | null> {
  const revoked = await apiKeys.findOneAndUpdate(
    { _id: keyId },
    [{ $set: { revokedAt: { $ifNull: ["$revokedAt", "$$NOW"] } } }],
    { returnDocument: "after" },
  );
  return revoked && toApiKey(revoked);
}

/** Notes that keys are used, each at most once in `usedEveryMs`, without anyone waiting for it. */
function createUsage(apiKeys: Keys, clock: Clock): (keyId: string) => void {
  const noted = new Map<string, number>();
  return (keyId) => {
    const now = clock.monotonicMs();
    if (now - (noted.get(keyId) ?? Number.NEGATIVE_INFINITY) < usedEveryMs) return;
    if (noted.size >= mostRemembered) noted.clear();
    noted.set(keyId, now);
    const update = apiKeys.updateOne({ _id: keyId }, [{ $set: { lastUsedAt: "$$NOW" } }]);
    update.catch(() => noted.delete(keyId));
  };
}

/** API keys over MongoDB. */
export function createApiKeys(
  { apiKeys }: Database,
  organizations: MongoOrganizations,
  { random, clock }: { readonly random: Random; readonly clock: Clock },
): ApiKeys {
  const noteUse = createUsage(apiKeys, clock);
  return {
    async create(organizationId, userId, options = {}) {
      await organizations.addMember(organizationId, userId);
      return insert(apiKeys, random, userId, options);
    },
    async list(userId) {
      const found = apiKeys.find(userId === null ? {} : { user: userId });
      return (await found.sort({ createdAt: -1, _id: -1 }).limit(mostListed).toArray()).map(
        toApiKey,
      );
    },
    rotate: (keyId, graceMs) => rotate(apiKeys, random, keyId, graceMs),
    revoke: (keyId) => revoke(apiKeys, keyId),
    async authenticate(credential) {
      if (!isKeyForm(credential)) return null;
      const hash = hashOf(credential);
      const found = await apiKeys.findOne({ hash, ...holds });
      if (found === null || !timingSafeEqual(Buffer.from(found.hash), Buffer.from(hash)))
        return null;
      noteUse(found._id);
      return { userId: found.user, keyId: found._id, scopes: found.scopes };
    },
    async isValid(keyId) {
      const found = await apiKeys.findOne({ _id: keyId, ...holds }, { projection: { _id: 1 } });
      return found !== null;
    },
  };
}
