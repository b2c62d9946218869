/**
 * Who calls, and whether they may: the credential first, then the organization, each with its rate limit. REST
 * knows both before it reads a body, and a unary call of the gRPC port has its message when it begins, so they ask
 * at once; the others know the organization later. All end here, and what is asked twice of one call counts once.
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
/** The organization for which the call was let in. */
export const organizationKey = createContextKey<string | null>(null, {
  description: "organization",
});
/** That organization's own limits. */
export const limitsKey = createContextKey<Partial<Limits>>({}, { description: "limits" });

/** What decides whether a call is let in. */
export interface AskedCall {
  readonly header: Headers;
  readonly organizationId: string;
  /** The method's local name. */
  readonly method: string;
}

export interface Authorization {
  /**
   * Who calls, for those who do not know of what organization yet.
   * @throws ServiceError authentication_required or rate_limit_exceeded
   */
  authenticate(header: Headers, values: ContextValues): Promise<void>;
  /**
   * Whether the call is let in: the caller, where that was not asked, the organization, and what the key may do.
   * The same answer for an organization that does not exist and one that the caller is not of.
   * @throws ServiceError authentication_required, organization_access_denied, scope_denied or
   *   rate_limit_exceeded
   */
  admit(call: AskedCall, values: ContextValues): Promise<void>;
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
  const callerOf = sharedLook(async (credential: string) => ({
    caller: await authenticator.authenticate(credential),
  }));
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
  /** Lets in whoever `look` finds by the credential, as far as the key's rate limit allows. */
  const enter = async <Found extends { readonly caller: Caller | null }>(
    header: Headers,
    values: ContextValues,
    look: (credential: string) => Promise<Found>,
  ): Promise<Found> => {
    const credential = requireCredential(header);
    await rates.refuseKnown(credential, values);
    const found = await look(credential);
    const caller = requireCaller(found.caller);
    await rates.takeOfKey(caller.keyId, credential, values);
    values.set(callerKey, caller);
    return found;
  };
  const permit = (method: string, values: ContextValues) => {
    const { scopes } = requireCaller(values.get(callerKey));
    const scope = scopeOf(method);
    if (allows(scopes, scope)) return;
    throw new ServiceError("scope_denied", { details: { required_scope: scope } });
  };
  return {
    async authenticate(header, values) {
      if (values.get(callerKey) === null) await enter(header, values, callerOf);
    },
    async admit({ header, organizationId, method }, values) {
      if (values.get(organizationKey) === organizationId) return;
      const caller = values.get(callerKey);
      const membership =
        caller === null
          ? (await enter(header, values, (credential) => bothOf(credential, organizationId)))
              .membership
          : await membershipOf(organizationId, caller.userId);
      const { limits } = requireMembership(membership);
      await rates.takeOfOrganization(organizationId, limits.callsPerMinute, values);
      permit(method, values);
      values.set(limitsKey, limits).set(organizationKey, organizationId);
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
