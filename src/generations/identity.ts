/** Who calls: API keys, users and organizations, as ports. */
import type { Limits } from "./limits.ts";

/** What a key may be used for; `admin` is everything. */
export const keyScopes = ["generations:read", "generations:write", "admin"] as const;
export type KeyScope = (typeof keyScopes)[number];

export interface Caller {
  readonly userId: string;
  /** The id of the key that was used. */
  readonly keyId: string;
  readonly scopes: readonly KeyScope[];
}

/** Whether these scopes allow what needs `scope`. */
export function allows(scopes: readonly KeyScope[], scope: KeyScope): boolean {
  return scopes.includes(scope) || scopes.includes("admin");
}

/** Authentication: one implementation today (API keys). */
export interface Authenticator {
  /** Who this credential belongs to; null when it is unknown, expired or revoked. */
  authenticate(credential: string): Promise<Caller | null>;
  /** Whether the key still holds; for calls that last. */
  isValid(keyId: string): Promise<boolean>;
}

export interface Organization {
  readonly id: string;
  /** How many of its jobs may run at the same time; null for the service's default. */
  readonly cap: number | null;
  /** Its own limits, where the service's defaults do not hold. */
  readonly limits: Partial<Limits>;
  readonly members: readonly string[];
}

/** What a member of an organization is told of it with every call. */
export type Membership = Pick<Organization, "limits">;

export interface OrganizationStore {
  /** The user's membership; null without one, and when there is no such organization. */
  membership(organizationId: string, userId: string): Promise<Membership | null>;
}

/** A key as its owner may see it at any time. */
export interface ApiKey {
  readonly id: string;
  /** What people call it. */
  readonly name: string;
  readonly userId: string;
  readonly scopes: readonly KeyScope[];
  /** Its last four characters. */
  readonly lastFour: string;
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly revokedAt: Date | null;
  /** Exact to a minute. */
  readonly lastUsedAt: Date | null;
}

/** A key as it is shown once, when it is made. */
export interface NewApiKey extends ApiKey {
  /** The whole key, `oak_…`; only its hash is kept. */
  readonly key: string;
}

export interface NewKeyOptions {
  readonly name?: string;
  /** Reading and writing generations when absent. */
  readonly scopes?: readonly KeyScope[];
  /** Milliseconds from now; for ever when absent. */
  readonly expiresInMs?: number;
}
