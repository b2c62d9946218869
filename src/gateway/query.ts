/**
 * The query → fields (`google/api/http.proto`, "Rules for HTTP mapping"). A parameter is a field's path,
 * in snake_case or lowerCamelCase; a repeated field may be given several times, another only once. The
 * decoding is that of forms (`+` is a space), but strict: broken percent-encoding is an error.
 *
 * An empty value is the empty string; for any other type it cannot be read, for "no value" is said by
 * leaving the parameter out.
 */
import type { DescField, DescMessage, Message } from "@bufbuild/protobuf";
import type { Faults } from "./faults.ts";
import { findField, nearestFieldName, oneofProblem, readPath, writePath } from "./fields.ts";
import { maxJsonDepth } from "./json-text.ts";
import type { Route } from "./routes.ts";
import { type Read, textReader } from "./scalars.ts";
import { didYouMean } from "./suggest.ts";

interface Parameter {
  readonly path: readonly DescField[];
  readonly read: Read<string>;
}

/** Reads the query string, without its `?`, into `message`. */
export function readQuery(binding: Route, message: Message, query: string, faults: Faults): void {
  if (query === "") return;
  const seen = new Set<string>();
  const chosen = new Map<string, DescField>();
  for (const part of query.split("&")) {
    if (part === "") continue;
    const [name, value] = decodePart(part);
    if (name === undefined || value === undefined) {
      const field = name ?? part.split("=", 1)[0] ?? part;
      faults.addUnreadable(field, "invalid_format", "must be percent-encoded UTF-8");
      continue;
    }
    const parameter = parameterOf(binding, name, faults);
    if (parameter === undefined || conflicts(parameter.path, chosen, faults)) continue;
    setParameter(message, parameter, value, seen, faults);
  }
}

function decodePart(part: string): [string | undefined, string | undefined] {
  const equals = part.indexOf("=");
  const ends = equals < 0 ? part.length : equals;
  return [decode(part.slice(0, ends)), decode(part.slice(ends + 1))];
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return undefined;
  }
}

function parameterOf(binding: Route, name: string, faults: Faults): Parameter | undefined {
  const { input } = binding.method;
  const path = resolve(input, name, faults);
  if (path === undefined) return undefined;
  const field = nameOf(path);
  const elsewhere = placeElsewhere(binding, path, field);
  const read = textReader(path.at(-1)!);
  if (elsewhere !== undefined) faults.add(field, "unknown_field", elsewhere);
  else if (read !== undefined) return { path, read };
  else faults.add(field, "unknown_field", `cannot be given in the query${hintBelow(path.at(-1)!)}`);
  return undefined;
}

/** Adds a fault when an earlier parameter set another member of a oneof on this path. */
function conflicts(
  path: readonly DescField[],
  chosen: Map<string, DescField>,
  faults: Faults,
): boolean {
  for (const [i, { oneof }] of path.entries()) {
    if (oneof === undefined) continue;
    const at = nameOf([...path.slice(0, i), oneof]);
    const field = path[i] as DescField;
    const first = chosen.get(at) ?? field;
    chosen.set(at, first);
    if (first !== field) {
      faults.add(nameOf(path), "oneof_conflict", oneofProblem(oneof));
      return true;
    }
  }
  return false;
}

function nameOf(path: readonly { readonly name: string }[]): string {
  return path.map(({ name }) => name).join(".");
}

function hintBelow(field: DescField): string {
  const below = field.fieldKind === "message" ? field.message.fields[0]?.name : undefined;
  return below === undefined ? "" : `; its fields can, such as ${field.name}.${below}`;
}

/** Why this field is not taken from the query, if it comes with the path or the body. */
function placeElsewhere(
  { body, variables }: Route,
  path: readonly DescField[],
  field: string,
): string | undefined {
  if (variables.has(field)) return "is part of the path and cannot be given in the query";
  const inBody = body === "*" || body === path[0];
  return inBody ? "must be given in the body, not in the query" : undefined;
}

function resolve(
  input: DescMessage,
  name: string,
  faults: Faults,
): readonly DescField[] | undefined {
  const path: DescField[] = [];
  let current: DescMessage | undefined = input;
  const parts = name.split(".");
  if (parts.length > maxJsonDepth) {
    faults.add(name, "too_deep", `is nested deeper than ${maxJsonDepth} levels`);
    return undefined;
  }
  for (const part of parts) {
    const field: DescField | undefined = current && findField(current, part);
    if (field === undefined) {
      const near = current && nearestFieldName(current, part);
      const whole = near && [...path.map((each) => each.name), near].join(".");
      faults.add(name, "unknown_field", `is not a parameter of this request${didYouMean(whole)}`);
      return undefined;
    }
    path.push(field);
    current = field.fieldKind === "message" ? field.message : undefined;
  }
  return path;
}

function setParameter(
  message: Message,
  { path, read }: Parameter,
  text: string,
  seen: Set<string>,
  faults: Faults,
): void {
  const field = nameOf(path);
  const repeated = path.at(-1)?.fieldKind === "list";
  if (seen.has(field) && !repeated) {
    faults.add(field, "duplicate_field", "is given more than once");
    return;
  }
  seen.add(field);
  const list = repeated ? ((readPath(message, path) ?? []) as unknown[]) : undefined;
  const reading = read(text);
  if (!reading.ok) faults.addText(list ? `${field}[${list.length}]` : field, reading);
  else if (list) list.push(reading.value);
  else writePath(message, path, reading.value);
  if (list) writePath(message, path, list);
}
