/** The checks that come before a body is read: the route, and whether the caller may. */
import type { ContextValues } from "@connectrpc/connect";
import type { FastifyReply, FastifyRequest } from "fastify";
import { GatewayError } from "./fault.ts";
import { Lifetime } from "./lifetime.ts";
import type { GatewayOptions } from "./options.ts";
import { RequestHeaders } from "./request-headers.ts";
import type { Router } from "./router.ts";
import type { Route } from "./routes.ts";

export interface Admission {
  /** Set once the call begins, whose interceptors are told how it ends. */
  hasBegun: boolean;
  readonly route: Route;
  /** By field path; undefined where the percent-encoding cannot be read. */
  readonly pathValues: ReadonlyMap<string, string | undefined>;
  readonly header: Headers;
  readonly contextValues: ContextValues;
  readonly lifetime: Lifetime;
}

/** What OPTIONS is answered with (RFC 9110, 9.3.7). */
export interface Allowed {
  readonly allow: readonly string[];
}

/** What a path and its method lead to. */
type Found = Extract<ReturnType<Router<Route>["find"]>, { found: true }>;

/** @throws GatewayError route_not_found or method_not_allowed */
export function findRoute(request: FastifyRequest, router: Router<Route>): Found | Allowed {
  const { method } = request;
  // "OPTIONS *" asks of the service as a whole (RFC 9110, 9.3.7).
  if (method === "OPTIONS" && request.url === "*") return { allow: router.methods() };
  const match = router.find(method, request.url);
  if (!match.found) {
    if (match.allow.length === 0) {
      throw new GatewayError("route_not_found", "No route matches the path");
    }
    if (method === "OPTIONS") return { allow: match.allow };
    const has = match.allow.join(", ");
    const headers = { allow: has };
    throw new GatewayError("method_not_allowed", `The path has no ${method}; it has ${has}`, {
      headers,
    });
  }
  return match;
}

/**
 * Whether the request is let in; null when its client has left meanwhile.
 * @throws GatewayError deadline_exceeded; whatever `authorize` throws
 */
export function admit(
  request: FastifyRequest,
  reply: FastifyReply,
  { target: route, values }: Found,
  options: GatewayOptions,
): Promise<Admission | null> {
  const contextValues = options.contextValues(request);
  const header = new RequestHeaders(request.headers);
  const lifetime = new Lifetime(reply, header, options.clock);
  const call = { method: route.method, header, pathValues: values, contextValues };
  return lifetime.inTime(options.authorize(call)).then(
    (headers) => {
      if (lifetime.left) return null;
      reply.headers(headers);
      return { hasBegun: false, route, pathValues: values, header, contextValues, lifetime };
    },
    (error: unknown) => {
      if (lifetime.left) return null;
      throw error;
    },
  );
}
