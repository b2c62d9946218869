/** Conditional requests on an artifact (RFC 9110, section 13): may the client keep what it has? */
import type { IncomingHttpHeaders } from "node:http";
import type { ArtifactInfo } from "../generations/artifacts.ts";

/** The strong validator: the content's digest, so the same bytes have it wherever they are kept. */
export function etagOf({ sha256 }: ArtifactInfo): string {
  return `"${sha256}"`;
}

/** `Last-Modified`, which has whole seconds only. */
export function lastModifiedOf({ storedAt }: ArtifactInfo): string {
  return storedAt.toUTCString();
}

/** Whether the answer is 304: `If-None-Match` decides, and only without it `If-Modified-Since`. */
export function isNotModified(headers: IncomingHttpHeaders, info: ArtifactInfo): boolean {
  const noneMatch = headers["if-none-match"];
  if (noneMatch !== undefined) return matchesAny(noneMatch, etagOf(info));
  const since = Date.parse(headers["if-modified-since"] ?? "");
  // An unreadable date is no condition; comparing with NaN is false.
  return Date.parse(lastModifiedOf(info)) <= since;
}

/**
 * Whether a `Range` is still meant (section 13.1.5): without `If-Range`, or when its validator is
 * exactly ours. A weak ETag or another date means the client has something else: it gets everything.
 */
export function isRangeMeant(headers: IncomingHttpHeaders, info: ArtifactInfo): boolean {
  const ifRange = headers["if-range"];
  if (ifRange === undefined) return true;
  return ifRange === etagOf(info) || ifRange === lastModifiedOf(info);
}

/** `If-None-Match` compares weakly: `W/` does not count. */
function matchesAny(list: string, etag: string): boolean {
  const candidates = list.split(",").map((one) => one.trim().replace(/^W\//, ""));
  return candidates.includes("*") || candidates.includes(etag);
}
