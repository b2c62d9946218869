/**
 * From a path to the values of a template's variables and back, with the percent-encoding that
 * `google/api/http.proto` specifies: a variable of one segment encodes everything but
 * `[-_.~0-9a-zA-Z]`; one of several keeps its slashes, and when read back leaves `%2F` encoded.
 */
import type { PathTemplate, Segment, Variable } from "./path-template.ts";

/** A path taken apart for matching. */
export interface PathParts {
  /** As sent, still percent-encoded. */
  readonly raw: readonly string[];
  /** The same decoded; `undefined` where the encoding is broken. */
  readonly decoded: readonly (string | undefined)[];
}

/** The path of a request target: without scheme and authority (RFC 9112, 3.2.2), query or fragment. */
export function pathOf(target: string): string {
  const path = target.startsWith("/")
    ? target
    : target.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, "");
  const end = path.search(/[?#]/);
  return end < 0 ? path : path.slice(0, end);
}

/** Splits `path` at its slashes; `undefined` when it has an empty segment or a trailing slash. */
export function splitPath(path: string): PathParts | undefined {
  if (!path.startsWith("/")) return undefined;
  const raw = path.slice(1).split("/");
  if (raw.includes("")) return undefined;
  return { raw, decoded: path.includes("%") ? raw.map(decode) : raw };
}

/** The parts without the verb of their last segment, and that verb, or `undefined` without a colon. */
export function splitVerb(parts: PathParts): { parts: PathParts; verb: string } | undefined {
  const last = parts.raw.at(-1) ?? "";
  const colon = last.lastIndexOf(":");
  const verb = colon < 1 ? undefined : decode(last.slice(colon + 1));
  if (verb === undefined) return undefined;
  const raw = [...parts.raw.slice(0, -1), last.slice(0, colon)];
  return { parts: { raw, decoded: raw.map(decode) }, verb };
}

/**
 * The values of the template's variables in `parts`, which must be known to fit it. A value is
 * `undefined` where its percent-encoding cannot be read.
 */
export function readVariables(
  template: PathTemplate,
  parts: PathParts,
): Map<string, string | undefined> {
  const values = new Map<string, string | undefined>();
  for (const variable of template.variables)
    values.set(variable.field, variableValue(template, variable, parts));
  return values;
}

function variableValue(
  template: PathTemplate,
  variable: Variable,
  parts: PathParts,
): string | undefined {
  if (!variable.several) return parts.decoded[variable.from];
  const rest = template.segments[variable.to - 1]?.kind === "rest";
  const raw = parts.raw.slice(variable.from, rest ? undefined : variable.to);
  const decoded = raw.map(decodeKeepingSlashes);
  return decoded.includes(undefined) ? undefined : decoded.join("/");
}

/** Whether `template` fits `path`, and the values; the router does this for many templates at once. */
export function matchPath(
  template: PathTemplate,
  path: string,
): Map<string, string | undefined> | undefined {
  const whole = splitPath(path);
  if (whole === undefined) return undefined;
  if (template.verb === null)
    return fits(template, whole) ? readVariables(template, whole) : undefined;
  const tail = splitVerb(whole);
  if (tail?.verb !== template.verb || !fits(template, tail.parts)) return undefined;
  return readVariables(template, tail.parts);
}

function fits({ segments }: PathTemplate, { decoded }: PathParts): boolean {
  const open = segments.at(-1)?.kind === "rest";
  const fixed = open ? segments.length - 1 : segments.length;
  if (open ? decoded.length < fixed : decoded.length !== fixed) return false;
  return segments.every((segment, i) => segment.kind !== "literal" || segment.text === decoded[i]);
}

/** The path that gives these values back when it is matched. */
type Expand = (valueFor: (field: string) => string | undefined) => string;

/**
 * Paths of a template. The function throws RangeError when a value is missing, empty, or not of its variable's
 * segments.
 * @throws RangeError for a wildcard outside a variable
 */
export function pathExpander(template: PathTemplate): Expand {
  const parts: Expand[] = [];
  let at = 0;
  for (const variable of template.variables) {
    const before = fixedPath(template.segments.slice(at, variable.from));
    const expand = variableExpander(template, variable);
    parts.push(
      () => before,
      (valueFor) => expand(valueFor(variable.field)),
    );
    at = variable.to;
  }
  const verb = template.verb === null ? "" : `:${encode(template.verb)}`;
  const end = fixedPath(template.segments.slice(at));
  return (valueFor) => {
    let path = "";
    for (const part of parts) path += part(valueFor);
    return `${path + end || "/"}${verb}`;
  };
}

function fixedPath(segments: readonly Segment[]): string {
  const texts = segments.map((segment) => {
    if (segment.kind === "literal") return `/${encode(segment.text)}`;
    throw new RangeError("a wildcard outside a variable has no value to expand");
  });
  return texts.join("");
}

function variableExpander(
  template: PathTemplate,
  { field, from, to, several }: Variable,
): (value: string | undefined) => string {
  const segments = template.segments.slice(from, to);
  const shape: PathTemplate = { source: "", variables: [], verb: null, segments };
  const open = segments.at(-1)?.kind === "rest";
  return (value) => {
    if (value === undefined) throw new RangeError(`no value for {${field}}`);
    const texts = several ? (value === "" && open ? [] : value.split("/")) : [value];
    if (texts.includes("") || !fits(shape, { raw: texts, decoded: texts })) {
      throw new RangeError(`"${value}" is not a value of {${field}} in ${template.source}`);
    }
    return texts.map((text) => `/${encode(text)}`).join("");
  };
}

/** Percent-encodes everything but the unreserved characters of RFC 3986. */
function encode(text: string): string {
  if (/^[\w.~-]*$/.test(text)) return text;
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function decode(text: string): string | undefined {
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function decodeKeepingSlashes(text: string): string | undefined {
  const pieces = text.split(/(%2[fF])/).map((piece, i) => (i % 2 === 1 ? piece : decode(piece)));
  return pieces.includes(undefined) ? undefined : pieces.join("");
}
