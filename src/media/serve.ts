/**
 * Media over HTTP: an artifact to whoever has a signed URL of it, whole or in part, as players ask for
 * it (RFC 9110). A URL that is forged or expired is SIGNATURE_INVALID; an artifact that is gone is
 * RESOURCE_NOT_FOUND; both are told from each other only to those who have a genuine URL.
 */
import { basename } from "node:path";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Clock } from "../base/clock.ts";
import type { ArtifactInfo, ArtifactStore, ByteSpan } from "../generations/artifacts.ts";
import { ServiceError } from "../generations/failures.ts";
import { etagOf, isNotModified, isRangeMeant, lastModifiedOf } from "./conditional.ts";
import { inlineDisposition } from "./disposition.ts";
import { spanOf } from "./range.ts";
import { type MediaGrant, type MediaSigner, mediaPathPrefix } from "./signer.ts";

export interface MediaOptions {
  readonly store: ArtifactStore;
  readonly signer: MediaSigner;
  readonly clock: Clock;
}

/** Mounts GET and HEAD of `/media/v1/…` on `app`, whose error handler answers the `ServiceError`s. */
export function registerMedia(app: FastifyInstance, options: MediaOptions): void {
  const url = `${mediaPathPrefix}*`;
  app.route({
    method: ["GET", "HEAD"],
    url,
    exposeHeadRoute: false,
    handler: (request, reply) => serve(options, request, reply),
  });
  app.route({
    method: ["POST", "PUT", "PATCH", "DELETE"],
    url,
    handler: () => {
      throw new ServiceError("method_not_allowed", { headers: { allow: "GET, HEAD" } });
    },
  });
}

async function serve(
  { store, signer, clock }: MediaOptions,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const grant = grantOf(signer, request.url);
  const info = await store.stat(grant.name);
  if (info === null) throw gone();
  const headers = commonHeaders(grant, info, clock);
  if (isNotModified(request.headers, info)) return reply.code(304).headers(headers).send();
  const span = requestedSpan(request, info);
  const described = { ...headers, ...contentHeaders(grant, info), ...spanHeaders(span, info) };
  if (request.method === "HEAD") return reply.headers(described).send();
  // Opened before anything is said, so that an artifact deleted just now is still a 404.
  const bytes = await store.read(info.name, span ?? undefined);
  if (bytes === null) throw gone();
  return reply
    .code(span === null ? 200 : 206)
    .headers(described)
    .send(bytes);
}

/** @throws ServiceError SIGNATURE_INVALID */
function grantOf(signer: MediaSigner, url: string): MediaGrant {
  const grant = signer.verify(url);
  if (typeof grant !== "string") return grant;
  throw new ServiceError("signature_invalid", { headers: { "cache-control": "no-store" } });
}

function gone(): ServiceError {
  return new ServiceError("resource_not_found", { headers: { "cache-control": "no-store" } });
}

/**
 * The part that is asked for, or null for the whole. HEAD has no parts (RFC 9110, section 14.2).
 * @throws ServiceError RANGE_NOT_SATISFIABLE
 */
function requestedSpan({ method, headers }: FastifyRequest, info: ArtifactInfo): ByteSpan | null {
  if (method !== "GET" || !isRangeMeant(headers, info)) return null;
  const span = spanOf(headers.range, info.size);
  if (span !== "unsatisfiable") return span === "all" ? null : span;
  throw new ServiceError("range_not_satisfiable", {
    headers: { "content-range": `bytes */${info.size}` },
  });
}

/** What a 304 says as well. A URL's bytes never change, but it is not to be kept past its expiry. */
function commonHeaders({ expiresAt }: MediaGrant, info: ArtifactInfo, clock: Clock) {
  const maxAge = Math.floor((expiresAt.getTime() - clock.now().getTime()) / 1000);
  return {
    etag: etagOf(info),
    "last-modified": lastModifiedOf(info),
    "cache-control": `private, max-age=${maxAge}, immutable`,
    "accept-ranges": "bytes",
  };
}

/** Players of any site may have it, and a browser that shows it alone plays it, and runs nothing. */
const embedded = {
  "cross-origin-resource-policy": "cross-origin",
  "content-security-policy":
    "default-src 'none'; media-src 'self'; img-src 'self'; style-src 'unsafe-inline'",
};

function contentHeaders({ filename }: MediaGrant, { name, mimeType }: ArtifactInfo) {
  return {
    "content-type": mimeType,
    "content-disposition": inlineDisposition(filename ?? basename(name)),
    "x-content-type-options": "nosniff",
    ...embedded,
  };
}

function spanHeaders(span: ByteSpan | null, { size }: ArtifactInfo): Record<string, string> {
  if (span === null) return { "content-length": String(size) };
  return {
    "content-length": String(span.end - span.start + 1),
    "content-range": `bytes ${span.start}-${span.end}/${size}`,
  };
}
