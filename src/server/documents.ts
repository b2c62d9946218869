/** Documents about the service that anyone may read: the same bytes for all, kept for a while and then asked for by their `ETag`. */
import { hash } from "node:crypto";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

export interface PublicDocument {
  readonly path: string;
  readonly contentType: string;
  readonly body: Buffer;
  /** Headers beside those of every document. */
  readonly headers?: Readonly<Record<string, string>>;
  /** `Cache-Control`; when absent it may be used for five minutes without asking again. */
  readonly cacheControl?: string;
}

export interface DocumentsOptions {
  readonly documents: readonly PublicDocument[];
  /** The error of a method that a document does not have. */
  readonly methodNotAllowed: (allow: string) => Error;
}

const usualCacheControl = "public, max-age=300";

/** Mounts GET and HEAD of each document on `app`, whose error handler encodes what is thrown. */
export function registerDocuments(app: FastifyInstance, options: DocumentsOptions): void {
  for (const document of options.documents) {
    const url = document.path;
    const etag = `"${hash("sha256", document.body, "base64url").slice(0, 22)}"`;
    app.route({
      method: ["GET", "HEAD"],
      url,
      exposeHeadRoute: false,
      handler: (request, reply) => serve(document, etag, request, reply),
    });
    app.route({
      method: ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"],
      url,
      handler: () => {
        throw options.methodNotAllowed("GET, HEAD");
      },
    });
  }
}

function serve(
  { body, contentType, headers, cacheControl = usualCacheControl }: PublicDocument,
  etag: string,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  reply.headers({
    ...headers,
    etag,
    "cache-control": cacheControl,
    // Nothing in it is of a caller, so pages of other origins may read it.
    "access-control-allow-origin": "*",
    "cross-origin-resource-policy": "cross-origin",
  });
  if (namesTag(request.headers["if-none-match"], etag)) return reply.code(304).send();
  reply.headers({ "content-type": contentType, "content-length": body.length });
  return reply.send(request.method === "HEAD" ? undefined : body);
}

/** `If-None-Match` (RFC 9110, 13.1.2) compares weakly: `W/` does not count. */
function namesTag(header: string | undefined, etag: string): boolean {
  const tags = (header ?? "").split(",").map((each) => each.trim().replace(/^W\//, ""));
  return tags.includes("*") || tags.includes(etag);
}
