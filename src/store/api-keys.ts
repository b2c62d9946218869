/**
 * API keys: `oak_` and 32 random bytes in base64url. Only the SHA-256 of a key is kept; a hash without
 * salt is enough for 256 random bits, and lets the key be found by index.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import type { Random } from "../base/random.ts";
import { newId } from "../generations/identifiers.ts";
import type { Authenticator, NewApiKey } from "../generations/identity.ts";
import type { Database } from "./database.ts";
import { schemaVersion } from "./documents.ts";
import type { MongoOrganizations } from "./organizations.ts";

const wellFormed = /^oak_[A-Za-z0-9_-]{43}$/;

function hashOf(key: string): string {
  return createHash("sha256").update(key).digest("hex");
}

export interface ApiKeys extends Authenticator {
  /** Makes a key for the user, and the organization and membership where they are missing. */
  create(organizationId: string, userId: string): Promise<NewApiKey>;
}

/** API keys over MongoDB. */
export function createApiKeys(
  { apiKeys }: Database,
  organizations: MongoOrganizations,
  random: Random,
): ApiKeys {
  return {
    async create(organizationId, userId) {
      const key = `oak_${Buffer.from(random.bytes(32)).toString("base64url")}`;
      const id = newId(random, "key");
      await organizations.addMember(organizationId, userId);
      await apiKeys.updateOne(
        { _id: id },
        [
          {
            $set: {
              schema: schemaVersion,
              hash: hashOf(key),
              lastFour: { $literal: key.slice(-4) },
              user: { $literal: userId },
              createdAt: "$$NOW",
            },
          },
        ],
        { upsert: true },
      );
      return { id, key, organizationId, userId };
    },
    async authenticate(credential) {
      if (!wellFormed.test(credential)) return null;
      const hash = hashOf(credential);
      const found = await apiKeys.findOne({ hash });
      if (found === null || !timingSafeEqual(Buffer.from(found.hash), Buffer.from(hash)))
        return null;
      return { userId: found.user, keyId: found._id };
    },
  };
}
