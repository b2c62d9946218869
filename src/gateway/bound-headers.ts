/**
 * Headers that set fields (`gateway.v1.HeaderBinding`). A header wins over the same field in the body or
 * the query. One that is lenient, and a preference (RFC 7240, section 2: what cannot be honoured is
 * ignored), is taken back when it cannot be read or when the rules refuse its value.
 */
import type { Message } from "@bufbuild/protobuf";
import type { FieldViolation } from "./fault.ts";
import type { Faults } from "./faults.ts";
import { readPath, writePath } from "./fields.ts";
import type { HeaderTarget } from "./routes.ts";

/** A value that may be taken back. */
export interface SoftValue {
  readonly field: string;
  /** What `Preference-Applied` says when it stays; null for a header that is no preference. */
  readonly applied: string | null;
  takeBack(): void;
}

/** Sets the fields of all headers that were sent; returns those values that may be taken back. */
export function readHeaders(
  targets: readonly HeaderTarget[],
  message: Message,
  header: Headers,
  faults: Faults,
): SoftValue[] {
  const soft: SoftValue[] = [];
  for (const target of targets) {
    const sent = header.get(target.key);
    if (sent === null) continue;
    const text = target.preference === "" ? sent : preferenceOf(sent, target.preference);
    if (text === undefined) continue;
    const set = setField(target, message, text, faults);
    if (set !== undefined) soft.push(set);
  }
  return soft;
}

function setField(
  target: HeaderTarget,
  message: Message,
  text: string,
  faults: Faults,
): SoftValue | undefined {
  const { name, path, read, preference, lenient } = target;
  const isSoft = lenient || preference !== "";
  const reading = read(text);
  if (!reading.ok) {
    const problem = `${reading.problem} (the header ${target.header} sets it)`;
    if (!isSoft) faults.addText(name, { ...reading, problem });
    return undefined;
  }
  const before = readPath(message, path);
  writePath(message, path, reading.value);
  if (!isSoft) return undefined;
  const applied = preference === "" ? null : `${preference}=${text}`;
  return { field: name, applied, takeBack: () => writePath(message, path, before) };
}

/**
 * What the rules say of the message, after taking back the soft values that they refuse.
 * `soft` keeps those that stayed.
 */
export function violationsWithout(
  soft: SoftValue[],
  validate: () => readonly FieldViolation[],
): readonly FieldViolation[] {
  const found = validate();
  const refused = soft.filter(({ field }) => found.some((each) => each.field === field));
  if (refused.length === 0) return found;
  for (const value of refused) {
    value.takeBack();
    soft.splice(soft.indexOf(value), 1);
  }
  return validate();
}

/** One preference: a token, perhaps with a value, which may be quoted; its parameters are skipped. */
const preferences =
  /\s*([!#$%&'*+.^_`|~\w-]+)(?:\s*=\s*("(?:[^"\\]|\\.)*"|[^\s,;"]*))?(?:\s*;(?:"(?:[^"\\]|\\.)*"|[^,"])*)?\s*(?:,|$)/gy;

/** The value of a preference in a `Prefer` header; the first of several counts (RFC 7240, section 2). */
export function preferenceOf(header: string, name: string): string | undefined {
  preferences.lastIndex = 0;
  for (const [, token = "", value = ""] of header.matchAll(preferences)) {
    if (token.toLowerCase() !== name.toLowerCase()) continue;
    return value.startsWith('"') ? value.slice(1, -1).replace(/\\(.)/g, "$1") : value;
  }
  return undefined;
}
