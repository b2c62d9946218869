/**
 * Describes a service that `src/gateway` serves as OpenAPI 3.1: from its descriptors, the options of
 * `google.api.http` and `gateway.v1`, and the rules of protovalidate. It reads the gateway's own
 * bindings and names, so that both say the same, and knows nothing of what the service is about: that
 * is in the comments of the protos and in the error table that it is given.
 */
import { routesOf } from "../gateway/routes.ts";
import { markdownOf } from "./comments.ts";
import type { OpenApiDocument, Operation, Parameter } from "./document.ts";
import { operationOf, sharedParameters } from "./operations.ts";
import type { OpenApiOptions } from "./options.ts";
import { ErrorResponses, headerComponents } from "./responses.ts";
import { Schemas } from "./schemas.ts";

export type { Comments } from "./comments.ts";
export type { Header, JsonSchema, OpenApiDocument } from "./document.ts";
export type { ErrorEntry, OpenApiOptions } from "./options.ts";

/**
 * The document of all bindings of a service.
 * @throws BindingError for a binding that the gateway cannot serve or OpenAPI cannot describe
 */
export function describeService(options: OpenApiOptions): OpenApiDocument {
  const { service, comments, info, securitySchemes } = options;
  const schemas = new Schemas(service.methods, comments);
  const error = schemas.add("Error", "error", () => options.errorSchema);
  const errors = new ErrorResponses(options, error);
  const paths: Record<string, Record<string, Operation>> = {};
  const parameters: Record<string, Parameter> = {};
  const seen = new Map<unknown, number>();
  for (const route of routesOf(service)) {
    const nth = (seen.get(route.method) ?? 0) + 1;
    seen.set(route.method, nth);
    const { path, verb, operation } = operationOf(route, nth, { options, schemas, errors });
    paths[path] = { ...paths[path], [verb]: operation };
    for (const each of sharedParameters(route, options)) parameters[each.name] = each;
  }
  const description = markdownOf(comments(service));
  return {
    openapi: "3.1.1",
    info: { ...info, description },
    servers: [{ url: "/", description: "This service." }],
    security: Object.keys(securitySchemes).map((name) => ({ [name]: [] })),
    tags: [{ name: service.name, description: description.split("\n\n", 1)[0] ?? "" }],
    paths,
    components: {
      schemas: schemas.components,
      parameters,
      headers: headerComponents(options),
      responses: errors.components,
      securitySchemes,
    },
  };
}
