/**
 * The reference of the API as a page, by Swagger UI, which has no parts elsewhere: it is served from
 * `node_modules`, and its policy lets it speak to this service alone. It reads `openapi.json` beside it,
 * and lets people try calls with their key, which it forgets with the tab.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { PublicDocument } from "./documents.ts";

const html = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>API reference</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="docs/swagger-ui.css">
  </head>
  <body>
    <main id="reference"></main>
    <noscript>This page needs JavaScript; <a href="openapi.json">openapi.json</a> says the same.</noscript>
    <script src="docs/swagger-ui-bundle.js"></script>
    <script src="docs/start.js"></script>
  </body>
</html>
`;

/** Without `validatorUrl: null` it would ask a server of its makers what it thinks of the document. */
const start = `SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#reference",
  deepLinking: true,
  displayRequestDuration: true,
  validatorUrl: null,
});
`;

/** Nothing from elsewhere, nothing to elsewhere, nothing inline, and in no frame. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const headers = {
  "content-security-policy": policy,
  "referrer-policy": "no-referrer",
};

const javaScript = "text/javascript; charset=utf-8";

/** The page at `/docs`, and what it is made of below. */
export function referencePage(): PublicDocument[] {
  return [
    { path: "/docs", contentType: "text/html; charset=utf-8", body: Buffer.from(html), headers },
    { path: "/docs/start.js", contentType: javaScript, body: Buffer.from(start) },
    packaged("swagger-ui-bundle.js", javaScript),
    packaged("swagger-ui.css", "text/css; charset=utf-8"),
  ];
}

function packaged(name: string, contentType: string): PublicDocument {
  const file = createRequire(import.meta.url).resolve(`swagger-ui-dist/${name}`);
  return { path: `/docs/${name}`, contentType, body: readFileSync(file) };
}
