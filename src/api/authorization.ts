/**
 * Who calls, and whether they may: the credential first, then the organization, each with its rate limit. The
 * REST face asks both at once, before it reads a body; the RPC faces know the organization once the message is
 * there. Both end here, and whatever is asked twice of one call counts once.
 */
import { type ContextValues, createContextKey } from "@connectrpc/connect";
import type { Clock } from "../base/clock.ts";
import { sharedLook } from "../base/shared-look.ts";
import { ServiceError } from "../generations/failures.ts";
import {
  type Authenticator,
  allows,
  type Caller,
  type Membership,
  type OrganizationStore,
} from "../generations/identity.ts";
import type { Limits } from "../generations/limits.ts";
import type { RateLimits } from "./rate-limits.ts";
import { scopeOf } from "./scopes.ts";

/** The caller of an RPC, once authenticated. */
export const callerKey = createContextKey<Caller | null>(null, { description: "caller" });
/** The organization that the caller was found to be a member of. */
export const organizationKey = createContextKey<string | null>(null, {
  description: "organization",
});
/** That organization's own limits. */
export const limitsKey = createContextKey<Partial<Limits>>({}, { description: "limits" });

/** What is known of a call before its message is. */
export interface HeadedCall {
  readonly header: Headers;
  readonly organizationId: string;
  /** The method's local name. */
  readonly method: string;
}

export interface Authorization {
  /**
   * At once for a call that was asked about before.
   * @throws ServiceError authentication_required or rate_limit_exceeded
   */
  authenticate(header: Headers, values: ContextValues): Caller | Promise<Caller>;
  /**
   * The same answer for an organization that does not exist and one that the caller is not of.
   * @throws ServiceError organization_access_denied or rate_limit_exceeded
   */
  authorize(organizationId: string, values: ContextValues): void | Promise<void>;
  /**
   * Whether the caller's key may call this method, by its local name.
   * @throws ServiceError scope_denied
   */
  permit(method: string, values: ContextValues): void;
  /**
   * All three, for a call whose organization is known with its headers.
   * @throws ServiceError as they do
   */
  admit(call: HeadedCall, values: ContextValues): Promise<void>;
  /**
   * Looks again whether credential and membership still hold, for a call that lasts; what was found is good
   * for `confirmedForMs`.
   * @throws ServiceError authentication_required or organization_access_denied
   */
  confirm(values: ContextValues): Promise<void>;
}

/** So that a stream of a revoked key ends within five seconds, and thousands of one key cost one look. */
export const confirmedForMs = 2_000;
/** Pairs of key and organization whose confirmation is remembered. */
const mostConfirmed = 10_000;

/** `X-API-Key` wins over `Authorization: Bearer` (RFC 6750) when both are sent. */
export function credentialOf(header: Headers): string | null {
  const apiKey = header.get("x-api-key");
  if (apiKey !== null) return apiKey.trim();
  const bearer = /^Bearer +(\S+) *$/i.exec(header.get("authorization") ?? "");
  return bearer?.[1] ?? null;
}

function requireCredential(header: Headers): string {
  const credential = credentialOf(header);
  if (!credential) throw new ServiceError("authentication_required");
  return credential;
}

function requireCaller(caller: Caller | null): Caller {
  if (caller === null) throw new ServiceError("authentication_required");
  return caller;
}

function requireMembership(membership: Membership | null): Membership {
  if (membership === null) throw new ServiceError("organization_access_denied");
  return membership;
}

export function createAuthorization(
  authenticator: Authenticator,
  organizations: OrganizationStore,
  clock: Clock,
  rates: RateLimits,
): Authorization {
  const confirmed = new Map<string, { readonly at: number; readonly look: Promise<void> }>();
  // Thousands who come at once with one key, as after a restart of their proxy, cost a few looks.
  const callerOf = sharedLook((credential: string) => authenticator.authenticate(credential));
  const membershipOf = sharedLook((organizationId: string, userId: string) =>
    organizations.membership(organizationId, userId),
  );
  const bothOf = sharedLook(async (credential: string, organizationId: string) => {
    const caller = await authenticator.authenticate(credential);
    const membership = caller && (await organizations.membership(organizationId, caller.userId));
    return { caller, membership };
  });
  const lookAgain = async ({ keyId, userId }: Caller, organizationId: string) => {
    if (!(await authenticator.isValid(keyId))) throw new ServiceError("authentication_required");
    requireMembership(await membershipOf(organizationId, userId));
  };
  const findCaller = async (header: Headers, values: ContextValues) => {
    const credential = requireCredential(header);
    await rates.refuseKnown(credential, values);
    const caller = requireCaller(await callerOf(credential));
    await rates.takeOfKey(caller.keyId, credential, values);
    values.set(callerKey, caller);
    return caller;
  };
  const enter = async (organizationId: string, values: ContextValues) => {
    const { userId } = requireCaller(values.get(callerKey));
    const { limits } = requireMembership(await membershipOf(organizationId, userId));
    await rates.takeOfOrganization(organizationId, limits.callsPerMinute, values);
    values.set(limitsKey, limits).set(organizationKey, organizationId);
  };
  const permit = (method: string, values: ContextValues) => {
    const { scopes } = requireCaller(values.get(callerKey));
    const scope = scopeOf(method);
    if (allows(scopes, scope)) return;
    throw new ServiceError("scope_denied", { details: { required_scope: scope } });
  };
  return {
    authenticate: (header, values) => values.get(callerKey) ?? findCaller(header, values),
    authorize(organizationId, values) {
      if (values.get(organizationKey) === organizationId) return;
      return enter(organizationId, values);
    },
    permit,
    async admit({ header, organizationId, method }, values) {
      const credential = requireCredential(header);
      await rates.refuseKnown(credential, values);
      const found = await bothOf(credential, organizationId);
      const caller = requireCaller(found.caller);
      await rates.takeOfKey(caller.keyId, credential, values);
      values.set(callerKey, caller);
      const { limits } = requireMembership(found.membership);
      await rates.takeOfOrganization(organizationId, limits.callsPerMinute, values);
      values.set(limitsKey, limits).set(organizationKey, organizationId);
      permit(method, values);
    },
    async confirm(values) {
      const caller = requireCaller(values.get(callerKey));
      const organizationId = values.get(organizationKey);
      if (organizationId === null) throw new ServiceError("authentication_required");
      const pair = `${caller.keyId} ${organizationId}`;
      const now = clock.monotonicMs();
      const last = confirmed.get(pair);
      if (last !== undefined && now - last.at < confirmedForMs) return last.look;
      if (confirmed.size >= mostConfirmed) confirmed.clear();
      const look = lookAgain(caller, organizationId);
      confirmed.set(pair, { at: now, look });
      return look;
    },
  };
}
