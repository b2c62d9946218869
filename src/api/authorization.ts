/**
 * Who calls, and whether they may: the credential first, then the organization. The REST face asks before
 * it parses a body; the RPC faces ask once the message is there. Both end here.
 */
import { type ContextValues, createContextKey } from "@connectrpc/connect";
import { ServiceError } from "../generations/failures.ts";
import type { Authenticator, Caller, OrganizationStore } from "../generations/identity.ts";

/** The caller of an RPC, once authenticated. */
export const callerKey = createContextKey<Caller | null>(null, { description: "caller" });
/** The organization that the caller was found to be a member of. */
export const organizationKey = createContextKey<string | null>(null, {
  description: "organization",
});

export interface Authorization {
  /** @throws ServiceError authentication_required */
  authenticate(header: Headers, values: ContextValues): Promise<Caller>;
  /**
   * The same answer for an organization that does not exist and one that the caller is not of.
   * @throws ServiceError organization_access_denied
   */
  authorize(organizationId: string, values: ContextValues): Promise<void>;
}

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
): Authorization {
  return {
    async authenticate(header, values) {
      const known = values.get(callerKey);
      if (known !== null) return known;
      const credential = credentialOf(header);
      const caller = credential && (await authenticator.authenticate(credential));
      if (!caller) throw new ServiceError("authentication_required");
      values.set(callerKey, caller);
      return caller;
    },
    async authorize(organizationId, values) {
      if (values.get(organizationKey) === organizationId) return;
      const caller = values.get(callerKey);
      if (!caller) throw new ServiceError("authentication_required");
      if (!(await organizations.isMember(organizationId, caller.userId))) {
        throw new ServiceError("organization_access_denied");
      }
      values.set(organizationKey, organizationId);
    },
  };
}
