/**
 * The studio page: what `web/` was built into, read once. Its policy lets it load and ask this service
 * alone, and run no script and no style that is written into a page.
 */
import { readdirSync, readFileSync } from "node:fs";
import { extname, join, sep } from "node:path";
import type { PublicDocument } from "./documents.ts";

const contentTypes: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
  ".txt": "text/plain; charset=utf-8",
  ".md": "text/markdown; charset=utf-8",
};

/** Of the style that wavesurfer.js writes into the shadow tree of a waveform, as the page sizes it. */
const waveformStyle = "'sha256-7Wn/5ghbhb9U5yM332FZpa4jDUilNGJdZ87eJ6XZFBA='";

const policy = [
  "default-src 'none'",
  "script-src 'self'",
  `style-src 'self' ${waveformStyle}`,
  "img-src 'self'",
  "font-src 'self'",
  "media-src 'self' blob:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** The page at `/`, and what it is made of below. */
export function studioPage(folder: string): PublicDocument[] {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return names
    .map((name) => name.split(sep).join("/"))
    .filter((name) => extname(name) !== "")
    .map((name) => documentOf(name, readFileSync(join(folder, name))));
}

function documentOf(name: string, body: Buffer): PublicDocument {
  const contentType = contentTypes[extname(name)];
  if (contentType === undefined) throw new TypeError(`No content type is known for ${name}.`);
  if (name === "index.html") {
    const headers = { "content-security-policy": policy, "referrer-policy": "no-referrer" };
    // It names its parts by their content, so it must be that of the service that runs.
    return { path: "/", contentType, body, headers, cacheControl: "no-cache" };
  }
  // Files below `assets` have a hash of their content in their name.
  const kept = name.startsWith("assets/") && {
    cacheControl: "public, max-age=31536000, immutable",
  };
  return { path: `/${name}`, contentType, body, ...kept };
}
