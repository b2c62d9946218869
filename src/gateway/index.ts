/**
 * The gateway: serves a gRPC service as JSON over HTTP by its `google.api.http` annotations. It sees
 * descriptors and an implementation and knows nothing of what they are about.
 *
 * Order of checks: route, `authorize`, parse, validate, call.
 */
import { METHODS } from "node:http";
import type { DescMethod } from "@bufbuild/protobuf";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { type ChainedMethod, chainedMethod } from "../base/interceptor-chain.ts";
import { type Admission, type Allowed, admit, findRoute } from "./admission.ts";
import { BindingError } from "./fault.ts";
import { handle } from "./handle.ts";
import type { GatewayOptions } from "./options.ts";
import { Router } from "./router.ts";
import { nameOf, type Route, routesOf } from "./routes.ts";

export { BindingError, type FieldViolation, GatewayError, type GatewayFault } from "./fault.ts";
export type { GatewayOptions, Refusal } from "./options.ts";

/** Where a request keeps what the first checks found. */
const methodOf = Symbol("method");
const admissionOf = Symbol("admission");
type Admitted = FastifyRequest & {
  [methodOf]?: DescMethod;
  [admissionOf]?: Admission | Allowed;
};

/**
 * Mounts every binding on `app`, whose error handler encodes what is thrown.
 * @throws BindingError when a binding cannot be served
 */
export function registerGateway(app: FastifyInstance, options: GatewayOptions): void {
  const routes = routesOf(options.service);
  const router = routerOf(routes);
  const methods = new Map<DescMethod, ChainedMethod>();
  for (const method of new Set(routes.map((route) => route.method))) {
    methods.set(method, chainedMethod(method, options.implementation, options.interceptors));
  }
  addMethods(app, routes);
  app.register(async (scope) => {
    // The body is read as bytes, whatever its type says: the gateway judges the type itself. The usual one is
    // named, since Fastify takes a type apart for each request whose parser is that of all others.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(
      ["application/json", "*"],
      { parseAs: "buffer" },
      (_request, body, done) => done(null, body),
    );
    scope.all("/*", {
      // The first two checks come before the body is read.
      onRequest: (request: Admitted, reply, done) => {
        // An error, too, is of this caller and this moment alone.
        reply.header("cache-control", "no-store");
        const found = findRoute(request, router);
        if ("allow" in found) {
          request[admissionOf] = found;
          return done();
        }
        request[methodOf] = found.target.method;
        admit(request, reply, found, options).then((admission) => {
          if (admission === null) reply.hijack();
          else request[admissionOf] = admission;
          done();
        }, done);
      },
      // Also for what Fastify itself refuses in between, such as a body that is too large.
      onError: async (request: Admitted, reply, error) => {
        const admission = request[admissionOf];
        if (admission !== undefined && "hasBegun" in admission && admission.hasBegun) return;
        const seconds = reply.elapsedTime / 1_000;
        options.onRefused?.({ method: request[methodOf] ?? null, error, seconds });
      },
      handler: (request: Admitted, reply) => {
        const admission = request[admissionOf];
        if (admission === undefined) throw new TypeError("a request that was not admitted");
        if (!("allow" in admission)) return handle(request, reply, admission, methods, options);
        return reply.code(204).header("allow", admission.allow.join(", ")).send();
      },
    });
  });
}

/** @throws BindingError when two routes fit the same requests */
export function routerOf(routes: readonly Route[]): Router<Route> {
  const router = new Router<Route>();
  for (const route of routes) {
    try {
      router.add({ method: route.verb, template: route.template, target: route });
    } catch (error) {
      if (!(error instanceof BindingError)) throw error;
      throw new BindingError(`${nameOf(route.service, route.method)}: ${error.message}`);
    }
  }
  return router;
}

/** All that HTTP has, so that a path without a method answers 405, whichever it is, and tells its own. */
function addMethods(app: FastifyInstance, routes: readonly Route[]): void {
  for (const { verb, template } of routes) {
    if (verb !== "*" && !METHODS.includes(verb)) {
      throw new BindingError(`path template "${template.source}": HTTP has no method ${verb}`);
    }
  }
  for (const method of METHODS) {
    // A request to CONNECT never comes here: Node hands it out as a bare socket.
    if (method === "CONNECT" || app.supportedMethods.includes(method)) continue;
    app.addHttpMethod(method, { hasBody: true });
  }
}
