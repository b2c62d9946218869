/** W3C Trace Context: which trace a request is part of, for the log. */

const wellFormed = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?$/;
const zeros = /^0+$/;

/**
 * The header `traceparent` as it was sent, or null when it is none (Trace Context, section 3.2): a later
 * version than ours may have more fields at its end.
 */
export function traceparentOf(sent: string | null | undefined): string | null {
  const [text, version, traceId, parentId, more] = wellFormed.exec(sent ?? "") ?? [];
  if (text === undefined || text.length > 256 || version === "ff") return null;
  if (version === "00" && more !== undefined) return null;
  return zeros.test(traceId ?? "") || zeros.test(parentId ?? "") ? null : text;
}
