/**
 * Finds the binding of a request: a tree over the segments of all templates, searched from the most
 * specific branch to the least, so that the order of declaration never matters. At every segment fixed
 * text goes before `*`, and `*` before `**`; a template with the path's verb goes before one that takes
 * the colon as part of a value. A less specific template is used when the more specific ones do not
 * have the request's method.
 */
import { BindingError } from "./fault.ts";
import type { PathTemplate } from "./path-template.ts";
import { type PathParts, pathOf, readVariables, splitPath, splitVerb } from "./path-values.ts";

export interface RouteTo<T> {
  /** An HTTP method, or `*` for all. */
  readonly method: string;
  readonly template: PathTemplate;
  readonly target: T;
}

export type RouteMatch<T> =
  | {
      readonly found: true;
      readonly target: T;
      /** By field path; `undefined` where the percent-encoding cannot be read. */
      readonly values: ReadonlyMap<string, string | undefined>;
    }
  /** `allow` is empty when no template has this path. */
  | { readonly found: false; readonly allow: readonly string[] };

interface Node<T> {
  readonly literals: Map<string, Node<T>>;
  one: Node<T> | undefined;
  /** The routes that end here, and those that end here with `**`: verb → method → route. */
  readonly ends: Leaf<T>;
  readonly rests: Leaf<T>;
}

type Leaf<T> = Map<string | null, Map<string, RouteTo<T>>>;

const newNode = <T>(): Node<T> => ({
  literals: new Map(),
  one: undefined,
  ends: new Map(),
  rests: new Map(),
});

export class Router<T> {
  readonly #root: Node<T> = newNode();
  readonly #methods = new Set<string>();

  /**
   * Adds a route.
   * @throws BindingError when another one has the same method and matches the same paths
   */
  add(route: RouteTo<T>): void {
    const leaf = this.#leafFor(route.template);
    const methods = leaf.get(route.template.verb) ?? new Map<string, RouteTo<T>>();
    leaf.set(route.template.verb, methods);
    const other = methods.get(route.method);
    if (other !== undefined) {
      throw conflict(route, other.template.source);
    }
    methods.set(route.method, route);
    this.#methods.add(route.method);
  }

  /** The methods that any path has. */
  methods(): readonly string[] {
    return allowed(new Set(this.#methods));
  }

  /** The route for `method` and the request target, or the methods that its path would allow. */
  find(method: string, target: string): RouteMatch<T> {
    const whole = splitPath(pathOf(target));
    if (whole === undefined) return { found: false, allow: [] };
    const allow: string[] = [];
    const tail = splitVerb(whole);
    const route =
      (tail && search(this.#root, tail.parts.decoded, tail.verb, 0, method, allow)) ??
      search(this.#root, whole.decoded, null, 0, method, allow);
    if (route !== undefined) {
      const parts = tail && route.template.verb !== null ? tail.parts : whole;
      return { found: true, target: route.target, values: readVariables(route.template, parts) };
    }
    return { found: false, allow: allowed(new Set(allow)) };
  }

  #leafFor({ segments }: PathTemplate): Leaf<T> {
    let node = this.#root;
    for (const segment of segments) {
      if (segment.kind === "rest") return node.rests;
      if (segment.kind === "one") {
        node.one ??= newNode();
        node = node.one;
      } else {
        const next: Node<T> = node.literals.get(segment.text) ?? newNode();
        node.literals.set(segment.text, next);
        node = next;
      }
    }
    return node.ends;
  }
}

/** The column is where the two begin to be spelled in different ways, or 1. */
function conflict({ method, template: { source } }: RouteTo<unknown>, other: string): BindingError {
  const at = [...source].findIndex((character, i) => character !== other[i]);
  return new BindingError(
    `path template "${source}", column ${at + 1 || 1}: ${method} matches the same paths as "${other}"`,
  );
}

/** The most specific route of `method`; notes the methods of those that it passes by. */
function search<T>(
  node: Node<T>,
  segments: PathParts["decoded"],
  verb: string | null,
  at: number,
  method: string,
  allow: string[],
): RouteTo<T> | undefined {
  if (at === segments.length) {
    const found = routeFor(node.ends.get(verb), method, allow);
    if (found) return found;
  } else {
    const text = segments[at];
    const literal = text === undefined ? undefined : node.literals.get(text);
    const found =
      (literal && search(literal, segments, verb, at + 1, method, allow)) ??
      (node.one && search(node.one, segments, verb, at + 1, method, allow));
    if (found) return found;
  }
  return routeFor(node.rests.get(verb), method, allow);
}

/** GET also serves HEAD (RFC 9110, 9.3.2). */
function routeFor<T>(
  methods: ReadonlyMap<string, RouteTo<T>> | undefined,
  method: string,
  allow: string[],
): RouteTo<T> | undefined {
  if (methods === undefined) return undefined;
  const exact = methods.get(method) ?? (method === "HEAD" ? methods.get("GET") : undefined);
  const found = exact ?? methods.get("*");
  if (found === undefined) allow.push(...methods.keys());
  return found;
}

function allowed(methods: Set<string>): string[] {
  if (methods.size === 0) return [];
  if (methods.has("GET")) methods.add("HEAD");
  methods.add("OPTIONS");
  return [...methods].filter((each) => each !== "*").sort();
}
