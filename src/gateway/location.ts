/** The `Location` header of a success: a path template filled from the response, then the request. */
import type { DescField, DescMessage, DescMethod, Message } from "@bufbuild/protobuf";
import { enumNames } from "./enum-names.ts";
import { BindingError } from "./fault.ts";
import { readPath, resolveFieldPath } from "./fields.ts";
import { parsePathTemplate } from "./path-template.ts";
import { pathExpander } from "./path-values.ts";

/** The path for an exchange; null when a value is missing. */
export type Locate = (response: Message, request: Message) => string | null;

/** @throws BindingError when a variable is a scalar field of neither message */
export function compileLocation({ input, output }: DescMethod, source: string): Locate {
  const template = parsePathTemplate(source);
  const unnamed = template.segments.findIndex(
    ({ kind }, i) =>
      kind !== "literal" && !template.variables.some(({ from, to }) => i >= from && i < to),
  );
  if (unnamed >= 0) throw new BindingError(`location "${source}": a wildcard without a field`);
  const sources = new Map(
    template.variables.map(({ field }) => {
      const inResponse = scalarPath(output, field);
      const inRequest = scalarPath(input, field);
      if (inResponse || inRequest) return [field, { inResponse, inRequest }];
      throw new BindingError(`location "${source}": no scalar field "${field}"`);
    }),
  );
  const expand = pathExpander(template);
  return (response, request) => {
    try {
      return expand((field) => {
        const { inResponse, inRequest } = sources.get(field) ?? {};
        return textAt(response, inResponse) || textAt(request, inRequest);
      });
    } catch (error) {
      if (error instanceof RangeError) return null;
      throw error;
    }
  };
}

function scalarPath(desc: DescMessage, name: string): readonly DescField[] | undefined {
  try {
    const path = resolveFieldPath(desc, name);
    const kind = path.at(-1)?.fieldKind;
    return kind === "scalar" || kind === "enum" ? path : undefined;
  } catch (error) {
    if (error instanceof BindingError) return undefined;
    throw error;
  }
}

/** A scalar as text; nothing when it is not there. */
export function textAt(
  message: Message,
  path: readonly DescField[] | undefined,
): string | undefined {
  const value = path && readPath(message, path);
  if (value === undefined) return undefined;
  const names = path?.at(-1)?.enum;
  return names ? (enumNames(names).nameOf(value as number) ?? undefined) : String(value);
}
