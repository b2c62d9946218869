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
 * `*` matches one segment, `**` none or more and only at the end. A variable may not contain another one,
 * and without segments it means `{field=*}`. A verb stands at the end of the whole template only, so a
 * colon inside a value is no verb. `path-values.ts` matches and expands, `router.ts` chooses.
 */

export type Segment =
  | { readonly kind: "literal"; readonly text: string }
  | { readonly kind: "one" }
  | { readonly kind: "rest" };

export interface Variable {
  /** The field's path, by proto names. */
  readonly field: string;
  /** Its segments are `segments.slice(from, to)`. */
  readonly from: number;
  readonly to: number;
  /** Whether its value may hold several segments, and so keeps an encoded slash as it is. */
  readonly several: boolean;
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
    if (this.#take(":")) verb = this.#literal("a verb");
    if (this.#at < this.#source.length) this.#fail("expected / or the end");
    return { source: this.#source, segments: this.segments, variables: this.variables, verb };
  }

  #segments(inVariable: boolean): void {
    do {
      if (this.segments.at(-1)?.kind === "rest") this.#fail("** must be the last segment");
      this.#segment(inVariable);
    } while (this.#take("/"));
  }

  #segment(inVariable: boolean): void {
    if (this.#take("**")) this.segments.push({ kind: "rest" });
    else if (this.#take("*")) this.segments.push({ kind: "one" });
    else if (this.#source[this.#at] !== "{") {
      this.segments.push({ kind: "literal", text: this.#literal("a segment") });
    } else if (inVariable) this.#fail("a variable inside a variable");
    else this.#variable();
  }

  #variable(): void {
    this.#expect("{");
    const from = this.segments.length;
    const column = this.#at;
    let field = this.#match(identifier, "a field");
    while (this.#take(".")) field += `.${this.#match(identifier, "a field")}`;
    if (this.variables.some((variable) => variable.field === field)) {
      this.#fail(`${field} is bound twice`, column);
    }
    if (this.#take("=")) this.#segments(true);
    else this.segments.push({ kind: "one" });
    this.#expect("}");
    const to = this.segments.length;
    const several = to - from > 1 || this.segments[from]?.kind === "rest";
    this.variables.push({ field, from, to, several });
  }

  #literal(what: string): string {
    const column = this.#at;
    try {
      return decodeURIComponent(this.#match(literal, what));
    } catch (error) {
      if (error instanceof TemplateError) throw error;
      return this.#fail("the percent-encoding is not UTF-8", column);
    }
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

  #fail(problem: string, at = this.#at): never {
    throw new TemplateError(this.#source, at + 1, problem);
  }
}

/** @throws TemplateError with the column */
export function parsePathTemplate(source: string): PathTemplate {
  return new Parser(source).parse();
}
