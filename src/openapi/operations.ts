/** One binding of a method as an operation. */
import { BindingError } from "../gateway/fault.ts";
import { nameOf, type Route } from "../gateway/routes.ts";
import { markdownOf, titleOf } from "./comments.ts";
import { componentRef, type Operation, type Parameter } from "./document.ts";
import type { OpenApiOptions } from "./options.ts";
import {
  headerParameters,
  noneMatchParameter,
  pathParameters,
  queryParameters,
  timeoutParameter,
} from "./parameters.ts";
import { openApiPath } from "./paths.ts";
import { type ErrorResponses, hasEntityTag, successResponses } from "./responses.ts";
import type { Schemas } from "./schemas.ts";

/** The methods that a Path Item has. */
const verbs = ["GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE"];

export interface Context {
  readonly options: OpenApiOptions;
  readonly schemas: Schemas;
  readonly errors: ErrorResponses;
}

export interface Placed {
  readonly path: string;
  readonly verb: string;
  readonly operation: Operation;
}

/**
 * The operation of `route`, the `nth` binding of its method, counted from 1.
 * @throws BindingError for what OpenAPI cannot describe
 */
export function operationOf(route: Route, nth: number, context: Context): Placed {
  const { options, schemas, errors } = context;
  const { service, method, verb } = route;
  if (!verbs.includes(verb)) {
    throw new BindingError(`${nameOf(service, method)}: OpenAPI has no method ${verb}`);
  }
  const { path, variables } = openApiPath(route);
  const requestBody = bodyOf(route, nth, context);
  const operation: Operation = {
    operationId: method.localName + (nth === 1 ? "" : `_${nth}`),
    summary: titleOf(method.name),
    description: markdownOf(options.comments(method)),
    tags: [service.name],
    parameters: [
      ...pathParameters(variables, schemas, options.comments),
      ...queryParameters(route, schemas, options.comments),
      ...headerParameters(route, schemas, options.comments),
      ...sharedParameters(route, options).map(({ name }) => componentRef("parameters", name)),
    ],
    ...(requestBody && { requestBody }),
    responses: { ...successResponses(route, options, schemas), ...errors.of(route) },
  };
  return { path, verb: verb.toLowerCase(), operation };
}

/** Parameters that are the same wherever they are, by their names in `components/parameters`. */
export function sharedParameters(route: Route, options: OpenApiOptions): Parameter[] {
  return [
    ...(hasEntityTag(route) ? [noneMatchParameter] : []),
    timeoutParameter,
    ...options.requestHeaders,
  ];
}

function bodyOf(route: Route, nth: number, { options, schemas }: Context) {
  const { method, body, variables } = route;
  if (body === "") return undefined;
  const suffix = nth === 1 ? "" : `_${nth}`;
  const schema =
    body === "*"
      ? schemas.body(method.input, new Set(variables.keys()), suffix)
      : schemas.field(body, "request");
  const example = options.requestExample(method);
  const content = { schema, ...(example !== undefined && { example }) };
  return { required: true as const, content: { "application/json": content } };
}
