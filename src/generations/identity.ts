/** Who calls: API keys, users and organizations, as ports. */

export interface Caller {
  readonly userId: string;
  /** The id of the key that was used, for logs. */
  readonly keyId: string;
}

/** Authentication: one implementation today (API keys). */
export interface Authenticator {
  /** Who this credential belongs to; null when it is unknown, expired or revoked. */
  authenticate(credential: string): Promise<Caller | null>;
}

export interface Organization {
  readonly id: string;
  /** How many of its jobs may run at the same time. */
  readonly cap: number;
  readonly members: readonly string[];
}

export interface OrganizationStore {
  /** Whether the user is a member of the organization; false, too, when there is no such one. */
  isMember(organizationId: string, userId: string): Promise<boolean>;
}

/** A key as it is shown once, when it is made. */
export interface NewApiKey {
  readonly id: string;
  /** The whole key, `oak_…`; only its hash is kept. */
  readonly key: string;
  readonly organizationId: string;
  readonly userId: string;
}
