/** The composition of what anyone may read about the service. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { FastifyInstance } from "fastify";
import { ServiceError } from "./generations/failures.ts";
import { type PublicDocument, registerDocuments } from "./server/documents.ts";
import { referencePage } from "./server/reference-page.ts";
import { studioPage } from "./server/studio-page.ts";

const studioFolder = fileURLToPath(new URL("../web/dist", import.meta.url));

/** Mounts `/openapi.json`, its page at `/docs`, and the studio page at `/`. */
export function mountDocuments(app: FastifyInstance): void {
  registerDocuments(app, {
    documents: [openApi(), ...referencePage(), ...studioPage(studioFolder)],
    methodNotAllowed: (allow) => new ServiceError("method_not_allowed", { headers: { allow } }),
  });
}

/** Made by `npm run generate`; without the white space that makes it readable in the repository. */
function openApi(): PublicDocument {
  const text = readFileSync(new URL("../gen/openapi.json", import.meta.url), "utf8");
  const body = Buffer.from(JSON.stringify(JSON.parse(text)));
  return { path: "/openapi.json", contentType: "application/json; charset=utf-8", body };
}
