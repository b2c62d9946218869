/** Conditional requests on an answer (RFC 9110, section 13): may the client keep what it has? */
import { hash } from "node:crypto";

/**
 * The validator of a body. It is weak, because the same JSON is sent in several content codings
 * (section 8.8.3), and weak is all that `If-None-Match` asks for.
 */
export function entityTagOf(body: string): string {
  return `W/"${hash("sha256", body, "base64url").slice(0, 22)}"`;
}

/** One entity tag of a list (section 8.8.3); its opaque part is what is compared. */
const entityTags = /(?:W\/)?("[\x21\x23-\x7e\x80-\xff]*")/g;

/** Whether `If-None-Match` names `tag`, compared weakly, or is `*`. */
export function isNoneMatch(header: string | undefined, tag: string): boolean {
  if (header === undefined) return false;
  if (header.trim() === "*") return true;
  const opaque = tag.replace(/^W\//, "");
  return [...header.matchAll(entityTags)].some(([, each]) => each === opaque);
}
