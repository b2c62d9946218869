/** The routes of a service: every `google.api.http` binding of its descriptors, checked at start. */
import {
  type DescField,
  type DescMessage,
  type DescMethod,
  type DescService,
  getOption,
  hasOption,
} from "@bufbuild/protobuf";
import { type MethodOptions, rest } from "../../gen/gateway/v1/annotations_pb.ts";
import { http } from "../../gen/google/api/annotations_pb.ts";
import type { HttpRule } from "../../gen/google/api/http_pb.ts";
import { GatewayError } from "./fault.ts";
import { fieldNamed } from "./field-path.ts";
import {
  compareSpecificity,
  conflict,
  matchPath,
  type PathTemplate,
  parsePathTemplate,
} from "./path-template.ts";

export interface Route {
  readonly service: DescService;
  readonly method: DescMethod;
  /** Upper case. */
  readonly verb: string;
  readonly template: PathTemplate;
  /** `*`, a field, or empty for none. */
  readonly body: string;
  readonly responseBody: DescField | null;
  readonly options: MethodOptions | null;
  readonly location: PathTemplate | null;
}

/**
 * All routes of `service`.
 * @throws Error when a binding cannot be served: a wrong template, an unknown field, a stream without
 *   framing, a client stream
 */
export function routesOf(service: DescService): Route[] {
  return service.methods.flatMap((method) => {
    if (!hasOption(method, http)) return [];
    const rule = getOption(method, http);
    return [rule, ...rule.additionalBindings].map((each) => routeOf(service, method, each));
  });
}

function routeOf(service: DescService, method: DescMethod, rule: HttpRule): Route {
  const fail = (problem: string): never => {
    throw new Error(`${service.typeName}.${method.name}: ${problem}`);
  };
  const { pattern } = rule;
  if (pattern.case === undefined) return fail("a binding without a path");
  const custom = pattern.case === "custom";
  const template = parsePathTemplate(custom ? pattern.value.path : pattern.value);
  const options = hasOption(method, rest) ? getOption(method, rest) : null;
  const requireField = (path: string) => {
    if (fieldAt(method.input, path) === undefined) fail(`${template.source}: no field ${path}`);
  };
  for (const { field } of template.variables) requireField(field);
  for (const { field } of options?.headers ?? []) requireField(field);
  if (rule.body !== "" && rule.body !== "*") requireField(rule.body);
  if (method.methodKind !== "unary" && method.methodKind !== "server_streaming") {
    fail("a client stream cannot have a binding");
  }
  if (method.methodKind === "server_streaming" && options?.stream === undefined) {
    fail("a stream with a binding needs gateway.v1.rest.stream");
  }
  return {
    service,
    method,
    verb: custom ? pattern.value.kind.toUpperCase() : pattern.case.toUpperCase(),
    template,
    body: rule.body,
    responseBody:
      rule.responseBody === ""
        ? null
        : (fieldAt(method.output, rule.responseBody) ?? fail(`no field ${rule.responseBody}`)),
    options,
    location: options?.location ? parsePathTemplate(options.location) : null,
  };
}

/** The field at a path of proto names, through messages. */
export function fieldAt(schema: DescMessage, path: string): DescField | undefined {
  const [name = "", ...rest] = path.split(".");
  const field = fieldNamed(schema, name);
  if (rest.length === 0) return field;
  return field?.message && fieldAt(field.message, rest.join("."));
}

export interface Match {
  readonly route: Route;
  readonly pathValues: ReadonlyMap<string, string>;
}

/** Finds the route of a request; the most specific template wins, whatever the order. */
export class Router {
  readonly #routes: readonly Route[];

  /** @throws Error when two routes fit the same requests */
  constructor(routes: readonly Route[]) {
    this.#routes = [...routes].sort((a, b) => compareSpecificity(a.template, b.template));
    for (const [index, route] of this.#routes.entries()) {
      const other = this.#routes
        .slice(index + 1)
        .find((each) => each.verb === route.verb && conflict(each.template, route.template));
      if (other !== undefined) {
        throw new Error(`"${route.template.source}" and "${other.template.source}" conflict`);
      }
    }
  }

  /** @throws GatewayError route_not_found or method_not_allowed (with what is allowed) */
  find(verb: string, path: string): Match {
    const matches = this.#routes.flatMap((route) => {
      const pathValues = matchPath(route.template, path);
      return pathValues === null ? [] : [{ route, pathValues }];
    });
    const wanted = verb === "HEAD" ? "GET" : verb;
    const found = matches.find(({ route }) => route.verb === wanted);
    if (found !== undefined) return found;
    if (matches.length === 0)
      throw new GatewayError("route_not_found", "No route matches the path");
    const allow = this.#allowed(matches);
    throw new GatewayError(
      "method_not_allowed",
      `The path has no ${verb}; it has ${allow.join(", ")}`,
      { allow },
    );
  }

  #allowed(matches: readonly Match[]): string[] {
    const verbs = new Set(matches.map(({ route }) => route.verb));
    if (verbs.has("GET")) verbs.add("HEAD");
    return [...verbs.add("OPTIONS")].sort();
  }
}
