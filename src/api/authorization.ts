/**
 * Who calls, and whether they may: the credential first, then the organization, each with its rate limit. The
 * REST face asks before it parses a body; the RPC faces ask once the message is there. Both end here, and
 * whatever is asked twice of one call counts once.
 */
import { type ContextValues, createContextKey } from "@connectrpc/connect";
import type { Clock } from "../base/clock.ts";
import { sharedLook } from "../base/shared-look.ts";
import { ServiceError } from "../generations/failures.ts";
import {
  type Authenticator,
  allows,
  type Caller,
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

export interface Authorization {
  /**
   * At once for a call that was asked about before, as all calls of the REST face are.
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
  const lookAgain = async ({ keyId, userId }: Caller, organizationId: string) => {
    if (!(await authenticator.isValid(keyId))) throw new ServiceError("authentication_required");
    if ((await membershipOf(organizationId, userId)) === null) {
      throw new ServiceError("organization_access_denied");
    }
  };
  const findCaller = async (header: Headers, values: ContextValues) => {
    const credential = credentialOf(header);
    if (!credential) throw new ServiceError("authentication_required");
    await rates.refuseKnown(credential, values);
    const caller = await callerOf(credential);
    if (caller === null) throw new ServiceError("authentication_required");
    await rates.takeOfKey(caller.keyId, credential, values);
    values.set(callerKey, caller);
    return caller;
  };
  const admit = async (organizationId: string, values: ContextValues) => {
    const caller = values.get(callerKey);
    if (!caller) throw new ServiceError("authentication_required");
    const membership = await membershipOf(organizationId, caller.userId);
    if (membership === null) throw new ServiceError("organization_access_denied");
    const { limits } = membership;
    await rates.takeOfOrganization(organizationId, limits.callsPerMinute, values);
    values.set(limitsKey, limits);
    values.set(organizationKey, organizationId);
  };
  return {
    authenticate: (header, values) => values.get(callerKey) ?? findCaller(header, values),
    authorize(organizationId, values) {
      if (values.get(organizationKey) === organizationId) return;
      return admit(organizationId, values);
    },
    permit(method, values) {
      const caller = values.get(callerKey);
      if (!caller) throw new ServiceError("authentication_required");
      const scope = scopeOf(method);
      if (allows(caller.scopes, scope)) return;
      throw new ServiceError("scope_denied", { details: { required_scope: scope } });
    },
    async confirm(values) {
      const caller = values.get(callerKey);
      const organizationId = values.get(organizationKey);
      if (!caller || organizationId === null) throw new ServiceError("authentication_required");
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
