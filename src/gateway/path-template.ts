/**
 * Path templates, by the grammar of `google/api/http.proto`:
 *
 * ```
 * Template = "/" Segments [ Verb ] ;
 * Segments = Segment { "/" Segment } ;
 * Segment  = "*" | "**" | LITERAL | Variable ;
 * Variable = "{" FieldPath [ "=" Segments ] "}" ;
 * FieldPath = IDENT { "." IDENT } ;
 * Verb     = ":" LITERAL ;
 * ```
 *
 * A variable may not contain another one, and `**` is the last segment. A verb is looked for at the end of
 * the whole path only, so a colon inside a value is no verb.
 */

export type Segment =
  | { readonly kind: "literal"; readonly text: string }
  | { readonly kind: "one" }
  | { readonly kind: "rest" };

interface Variable {
  /** The field's path, by proto names. */
  readonly field: string;
  /** Its segments are `segments.slice(from, to)`. */
  readonly from: number;
  readonly to: number;
}

export interface PathTemplate {
  readonly source: string;
  readonly segments: readonly Segment[];
  readonly variables: readonly Variable[];
  readonly verb: string | null;
}

/** A template that is not one. */
export class TemplateError extends Error {
  /** Counted from 1. */
  readonly column: number;

  constructor(source: string, column: number, problem: string) {
    super(`path template "${source}", column ${column}: ${problem}`);
    this.name = "TemplateError";
    this.column = column;
  }
}

const identifier = /[A-Za-z_][A-Za-z0-9_]*/y;
/** RFC 3986 `pchar` without `*`, `:`, `{`, `}` and `=`, which mean something here. */
const literal = /(?:[A-Za-z0-9._~!$&'()+,;@-]|%[0-9A-Fa-f]{2})+/y;

class Parser {
  readonly #source: string;
  #at = 0;
  readonly segments: Segment[] = [];
  readonly variables: Variable[] = [];

  constructor(source: string) {
    this.#source = source;
  }

  parse(): PathTemplate {
    this.#expect("/");
    this.#segments(false);
    let verb: string | null = null;
    if (this.#take(":")) verb = this.#match(literal, "a verb");
    if (this.#at < this.#source.length) this.#fail("expected / or the end");
    const rest = this.segments.findIndex(({ kind }) => kind === "rest");
    if (rest >= 0 && rest < this.segments.length - 1) this.#fail("** must be the last segment");
    return { source: this.#source, segments: this.segments, variables: this.variables, verb };
  }

  #segments(inVariable: boolean): void {
    do this.#segment(inVariable);
    while (this.#take("/"));
  }

  #segment(inVariable: boolean): void {
    if (this.#take("**")) this.segments.push({ kind: "rest" });
    else if (this.#take("*")) this.segments.push({ kind: "one" });
    else if (this.#source[this.#at] !== "{") {
      const text = decodeURIComponent(this.#match(literal, "a segment"));
      this.segments.push({ kind: "literal", text });
    } else if (inVariable) this.#fail("a variable inside a variable");
    else this.#variable();
  }

  #variable(): void {
    this.#expect("{");
    const from = this.segments.length;
    let field = this.#match(identifier, "a field");
    while (this.#take(".")) field += `.${this.#match(identifier, "a field")}`;
    if (this.variables.some((variable) => variable.field === field)) {
      this.#fail(`${field} is bound twice`);
    }
    if (this.#take("=")) this.#segments(true);
    else this.segments.push({ kind: "one" });
    this.#expect("}");
    this.variables.push({ field, from, to: this.segments.length });
  }

  #take(text: string): boolean {
    if (!this.#source.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  #expect(text: string): void {
    if (!this.#take(text)) this.#fail(`expected ${text}`);
  }

  #match(pattern: RegExp, what: string): string {
    pattern.lastIndex = this.#at;
    const [found] = pattern.exec(this.#source) ?? [];
    if (found === undefined) this.#fail(`expected ${what}`);
    this.#at += found.length;
    return found;
  }

  #fail(problem: string): never {
    throw new TemplateError(this.#source, this.#at + 1, problem);
  }
}

/** @throws TemplateError with the column */
export function parsePathTemplate(source: string): PathTemplate {
  return new Parser(source).parse();
}

/** The decoded values by field path; null when the path does not fit. `path` has no query. */
export function matchPath(template: PathTemplate, path: string): Map<string, string> | null {
  const raw = rawSegments(template, path);
  if (raw === null || !fits(template.segments, raw)) return null;
  const values = new Map<string, string>();
  for (const { field, from, to } of template.variables) {
    const rest = template.segments[to - 1]?.kind === "rest";
    const value = decodeVariable(raw.slice(from, rest ? undefined : to), rest || to - from > 1);
    if (value === null) return null;
    values.set(field, value);
  }
  return values;
}

/** The path's segments without the verb, still encoded; null when verb or slashes do not fit. */
function rawSegments(template: PathTemplate, path: string): string[] | null {
  if (!path.startsWith("/")) return null;
  let rest = path.slice(1);
  if (template.verb !== null) {
    if (!rest.endsWith(`:${template.verb}`)) return null;
    rest = rest.slice(0, -template.verb.length - 1);
  }
  const segments = rest.split("/");
  return segments.some((segment) => segment === "") ? null : segments;
}

function fits(segments: readonly Segment[], raw: readonly string[]): boolean {
  const rest = segments.at(-1)?.kind === "rest";
  if (rest ? raw.length < segments.length : raw.length !== segments.length) return false;
  return segments.every((segment, index) => {
    return segment.kind !== "literal" || decode(raw[index] ?? "") === segment.text;
  });
}

function decode(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

/** One segment is decoded whole; several keep an encoded slash, which was no separator (http.proto). */
function decodeVariable(raw: readonly string[], several: boolean): string | null {
  if (!several) return decode(raw[0] ?? "");
  const parts = raw.map((segment) => {
    const kept = segment
      .split(/(%2[Ff])/)
      .map((part) => (/^%2f$/i.test(part) ? part : decode(part)));
    return kept.includes(null) ? null : kept.join("");
  });
  return parts.includes(null) ? null : parts.join("/");
}

/** The path with `values` in it; null when one is missing or does not fit its segments. */
export function expandPath(
  template: PathTemplate,
  values: (field: string) => string | undefined,
): string | null {
  const parts: string[] = [];
  for (let index = 0; index < template.segments.length; ) {
    const variable = template.variables.find(({ from }) => from === index);
    const segment = template.segments[index];
    if (variable === undefined) {
      if (segment?.kind !== "literal") return null;
      parts.push(encodeURIComponent(segment.text));
      index += 1;
      continue;
    }
    const value = values(variable.field);
    if (value === undefined || value === "") return null;
    const several =
      variable.to - variable.from > 1 || template.segments[variable.to - 1]?.kind === "rest";
    parts.push(
      several ? value.split("/").map(encodeURIComponent).join("/") : encodeURIComponent(value),
    );
    index = variable.to;
  }
  return `/${parts.join("/")}${template.verb === null ? "" : `:${template.verb}`}`;
}

/**
 * Orders templates from the most specific to the least: at the first place where they differ a literal goes
 * before `*`, and `*` before `**`; a template with a verb before one without.
 */
export function compareSpecificity(a: PathTemplate, b: PathTemplate): number {
  const rank = { literal: 0, one: 1, rest: 2 };
  const length = Math.max(a.segments.length, b.segments.length);
  for (let index = 0; index < length; index++) {
    const ranks = [a, b].map(({ segments }) => rank[segments[index]?.kind ?? "rest"]);
    const difference = (ranks[0] ?? 0) - (ranks[1] ?? 0);
    if (difference !== 0) return difference;
  }
  return Number(b.verb !== null) - Number(a.verb !== null);
}

/** Whether some path fits both and neither is more specific. */
export function conflict(a: PathTemplate, b: PathTemplate): boolean {
  if (a.verb !== b.verb || a.segments.length !== b.segments.length) return false;
  return a.segments.every((segment, index) => {
    const other = b.segments[index];
    if (segment.kind !== other?.kind) return false;
    return segment.kind !== "literal" || segment.text === (other as { text: string }).text;
  });
}
