/**
 * Letting calls of the REST face in. The gateway knows the organization from the path, so it asks before it reads
 * a body, and it asks the rules once it has the message, so that it tells their findings together with its own.
 * What is left for the chain is to see that the call was let in for the organization that the message names.
 */
import type { DescMethod, Message } from "@bufbuild/protobuf";
import type { ContextValues, Interceptor } from "@connectrpc/connect";
import { ServiceError } from "../generations/failures.ts";
import { type Authorization, organizationKey } from "./authorization.ts";
import { rateLimitHeaders } from "./rate-limits.ts";

/** A call as the gateway knows it before the body. */
interface RoutedCall {
  readonly method: DescMethod;
  readonly header: Headers;
  /** By field path. */
  readonly pathValues: ReadonlyMap<string, string | undefined>;
  readonly contextValues: ContextValues;
}

/**
 * What the gateway asks before the body: resolves with where the caller stands with the rate limits.
 * @throws ServiceError of the credential, the organization, the scope or a rate limit
 */
export function restAuthorization(
  authorization: Pick<Authorization, "admit">,
): (call: RoutedCall) => Promise<Readonly<Record<string, string>>> {
  return ({ method, header, pathValues, contextValues }) => {
    const organizationId = pathValues.get("organization_id") ?? "";
    const call = { header, organizationId, method: method.localName };
    return authorization.admit(call, contextValues).then(() => rateLimitHeaders(contextValues));
  };
}

/** Refuses a call that was not let in for the organization of its message: a defect of ours. */
export function admitted(): Interceptor {
  return (next) => (request) => {
    const { contextValues } = request;
    if (!request.stream) {
      requireAdmitted(request.message, contextValues);
      return next(request);
    }
    return next({ ...request, message: eachAdmitted(request.message, contextValues) });
  };
}

async function* eachAdmitted<T>(messages: AsyncIterable<T>, values: ContextValues) {
  for await (const message of messages) {
    requireAdmitted(message as Message, values);
    yield message;
  }
}

function requireAdmitted(message: Message, values: ContextValues): void {
  const { organizationId } = message as { organizationId?: unknown };
  const known = values.get(organizationKey);
  if (known !== null && known === organizationId) return;
  const cause = new TypeError(`${message.$typeName} came for an organization that nobody asked of`);
  throw new ServiceError("internal_error", { cause });
}
