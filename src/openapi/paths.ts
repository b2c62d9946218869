/** Path templates of `google.api.http` as those of OpenAPI, whose variables are single segments. */
import { BindingError } from "../gateway/fault.ts";
import type { Route, TextTarget } from "../gateway/routes.ts";

export interface PathVariable {
  readonly name: string;
  readonly target: TextTarget;
  /** Whether it is the whole value of the field, and not one segment of several. */
  readonly whole: boolean;
}

export interface OpenApiPath {
  readonly path: string;
  readonly variables: readonly PathVariable[];
}

/**
 * The path. Each wildcard of a variable with several segments becomes a parameter of its own:
 * `{name=shelves/*\/books/*}` is `shelves/{name_1}/books/{name_2}`.
 * @throws BindingError for a wildcard that no single segment stands for
 */
export function openApiPath({ template, variables }: Route): OpenApiPath {
  const found: PathVariable[] = [];
  const parts = template.segments.map((segment, i) => {
    if (segment.kind === "literal") return segment.text;
    const variable = template.variables.find(({ from, to }) => i >= from && i < to);
    const target = variable && variables.get(variable.field);
    if (segment.kind === "rest" || variable === undefined || target === undefined) {
      throw new BindingError(`path template "${template.source}": OpenAPI cannot describe it`);
    }
    const before = found.filter((each) => each.target === target).length;
    const name = variable.several ? `${target.name}_${before + 1}` : target.name;
    found.push({ name, target, whole: !variable.several });
    return `{${name}}`;
  });
  const verb = template.verb === null ? "" : `:${template.verb}`;
  return { path: `/${parts.join("/")}${verb}`, variables: found };
}
