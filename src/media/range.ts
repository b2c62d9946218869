/**
 * The `Range` of a request (RFC 9110, section 14): one range of bytes is served as asked. Anything else
 * (several ranges, another unit, something unreadable) is ignored, as section 14.2 permits: players
 * ask for one, and several make an attacker's small request a large answer.
 */
import { parse } from "range-parser";
import type { ByteSpan } from "../generations/artifacts.ts";

/** The bytes meant by `header`; `all` of them, or `unsatisfiable` when there are none such (416). */
export function spanOf(
  header: string | undefined,
  size: number,
): ByteSpan | "all" | "unsatisfiable" {
  if (header === undefined || header.includes(",")) return "all";
  const { code, type, ranges } = parse(size, header);
  if (type !== "bytes") return "all";
  const [range] = ranges;
  if (code === 0 && range !== undefined) return { start: range.start, end: range.end };
  return code === unsatisfiable ? "unsatisfiable" : "all";
}

/** `range-parser`'s code for a well-formed range outside the content. */
const unsatisfiable = 2;
