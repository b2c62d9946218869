/** The checks that come before a body is read: the route, and whether the caller may. */
import type { ContextValues } from "@connectrpc/connect";
import type { FastifyRequest } from "fastify";
import { GatewayError } from "./fault.ts";
import type { GatewayOptions } from "./options.ts";
import type { Match, Router } from "./routes.ts";

export interface Admission {
  /** Null for OPTIONS. */
  readonly match: Match | null;
  readonly allow: string;
  readonly values: ContextValues;
}

function pathOf(request: FastifyRequest): string {
  return request.url.split("?", 1)[0] ?? "";
}

/** The request's headers, without the pseudo-headers of HTTP/2. */
export function headersOf(request: FastifyRequest): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers)) {
    if (value === undefined || name.startsWith(":")) continue;
    headers.set(name, Array.isArray(value) ? value.join(", ") : value);
  }
  return headers;
}

/** @throws GatewayError route_not_found or method_not_allowed; whatever `authorize` throws */
export async function admit(
  request: FastifyRequest,
  router: Router,
  options: GatewayOptions,
): Promise<Admission> {
  const values = options.contextValues(request);
  try {
    const match = router.find(request.method, pathOf(request));
    const { route, pathValues } = match;
    const header = headersOf(request);
    await options.authorize({ method: route.method, header, pathValues, contextValues: values });
    return { match, allow: "", values };
  } catch (error) {
    const isOptions = request.method === "OPTIONS" && error instanceof GatewayError;
    if (!isOptions || error.kind !== "method_not_allowed") throw error;
    return { match: null, allow: error.allow.join(", "), values };
  }
}
