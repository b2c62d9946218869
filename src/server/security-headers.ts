/**
 * The security headers of every answer, as the OWASP cheat sheet on REST has them. They are for a browser that
 * shows an answer as a page or embeds it; what is meant for that, a page or a media file, has its own instead.
 * A constant, since that costs a call next to nothing.
 */

/** A year, as the preload list asks; for this host alone, for others may be the operator's. */
const strictTransport = "max-age=31536000";

/** @param isHttps whether callers reach the service by TLS; said without, the last one must be ignored (RFC 6797, 8.1) */
export function securityHeaders(isHttps: boolean): Readonly<Record<string, string>> {
  return {
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "cross-origin-resource-policy": "same-origin",
    ...(isHttps && { "strict-transport-security": strictTransport }),
  };
}
