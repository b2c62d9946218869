/**
 * Signed media URLs: whoever has one may fetch that one artifact until it expires, without a key.
 *
 * ```
 * /media/v1/tracks/mgen_1/2/master.mp3?filename=Rain.mp3&expires=1764018900&key=k1&signature=…
 * ```
 *
 * The signature is HMAC-SHA-256 (RFC 2104) in base64url (RFC 4648, section 5) over everything else in
 * the URL and the class of methods it is good for. Its text is compared, not its bytes: the last
 * character of base64url has two spare bits, so bytes would accept four spellings of one signature.
 *
 * The expiry is rounded up to a whole window, so within a window every call gives the same URL, and a
 * client that polls a job sees the same body and the same ETag. The first key signs and all of them
 * verify, so a key is replaced by putting the new one first and dropping the old one a day later.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import type { Clock } from "../base/clock.ts";
import { InvalidArtifactName, isArtifactName } from "../generations/artifacts.ts";

export interface MediaKey {
  /** Appears in URLs: 1 to 32 letters, digits, `_` and `-`. */
  readonly id: string;
  /** At least 32 bytes. */
  readonly secret: Uint8Array;
}

export interface MediaSignerOptions {
  /** At least one; the first signs, all verify. */
  readonly keys: readonly MediaKey[];
  readonly clock: Clock;
  /** A URL works for at least so many seconds; default 900. */
  readonly ttlSeconds?: number;
  /** And for at most so many more; within this time the same URL is given again. Default 300. */
  readonly windowSeconds?: number;
}

/** What a genuine URL grants. */
export interface MediaGrant {
  readonly name: string;
  /** What a browser should call the file; null for the artifact's own last segment. */
  readonly filename: string | null;
  readonly expiresAt: Date;
}

export interface MediaSigner {
  /**
   * The path and query of a URL that serves `name`; the caller puts its base URL before it.
   * @throws InvalidArtifactName
   */
  sign(name: string, options?: { readonly filename?: string }): string;
  /** What the URL grants; `invalid` when any part of it is not ours, `expired` when it once was good. */
  verify(pathAndQuery: string): MediaGrant | "invalid" | "expired";
}

export const mediaPathPrefix = "/media/v1/";
/** How long a URL holds at least, in seconds. */
export const mediaTtlSeconds = 900;
/** Characters; a longer one is cut when signing. */
const maxFilenameLength = 200;

/** @throws TypeError when there is no key, or one is unfit; the message names no secret */
export function createMediaSigner(options: MediaSignerOptions): MediaSigner {
  const { keys, clock, ttlSeconds = mediaTtlSeconds, windowSeconds = 300 } = options;
  const signing = checkedKeys(keys);
  const secrets = new Map(keys.map(({ id, secret }) => [id, secret]));
  return {
    sign(name, { filename } = {}) {
      if (!isArtifactName(name)) throw new InvalidArtifactName(name);
      const soonest = clock.now().getTime() / 1000 + ttlSeconds;
      const claim: Claim = {
        name,
        filename: filename === undefined ? null : tidyFilename(filename),
        expires: String(Math.ceil(soonest / windowSeconds) * windowSeconds),
        key: signing.id,
      };
      return formatUrl(claim, signatureOf(claim, signing.secret));
    },
    verify(pathAndQuery) {
      const parsed = parseUrl(pathAndQuery);
      const secret = parsed && secrets.get(parsed.claim.key);
      if (!secret || !sameText(parsed.signature, signatureOf(parsed.claim, secret))) {
        return "invalid";
      }
      const { name, filename, expires } = parsed.claim;
      const expiresAt = new Date(Number(expires) * 1000);
      return clock.now() < expiresAt ? { name, filename, expiresAt } : "expired";
    },
  };
}

function checkedKeys(keys: readonly MediaKey[]): MediaKey {
  for (const { id, secret } of keys) {
    if (!/^[A-Za-z0-9_-]{1,32}$/.test(id)) throw new TypeError("a media key has an unfit id");
    if (secret.byteLength < 32) throw new TypeError(`media key ${id} is shorter than 32 bytes`);
  }
  const ids = new Set(keys.map(({ id }) => id));
  if (ids.size !== keys.length) throw new TypeError("two media keys have the same id");
  const first = keys[0];
  if (first === undefined) throw new TypeError("there is no media key");
  return first;
}

/** Everything that a signature vouches for. */
interface Claim {
  readonly name: string;
  readonly filename: string | null;
  /** Seconds since 1970, as the digits that are in the URL. */
  readonly expires: string;
  readonly key: string;
}

/** JSON keeps the parts apart whatever is in them; the first two bind version and method class. */
function signatureOf({ name, filename, expires, key }: Claim, secret: Uint8Array): string {
  const text = JSON.stringify(["media/v1", "GET,HEAD", name, filename, expires, key]);
  return createHmac("sha256", secret).update(text).digest("base64url");
}

function formatUrl({ name, filename, expires, key }: Claim, signature: string): string {
  const query = new URLSearchParams(filename === null ? {} : { filename });
  for (const [field, value] of Object.entries({ expires, key, signature })) {
    query.append(field, value);
  }
  return `${mediaPathPrefix}${name}?${query}`;
}

/** The parts of a URL of ours; null when a part is missing, double, unknown or of another form. */
function parseUrl(pathAndQuery: string): { claim: Claim; signature: string } | null {
  const cut = pathAndQuery.indexOf("?");
  if (cut < 0 || !pathAndQuery.startsWith(mediaPathPrefix)) return null;
  const name = pathAndQuery.slice(mediaPathPrefix.length, cut);
  const query = new URLSearchParams(pathAndQuery.slice(cut + 1));
  const { filename = null, expires, key, signature, ...others } = Object.fromEntries(query);
  const sound =
    isArtifactName(name) &&
    Object.keys(others).length === 0 &&
    query.size === (filename === null ? 3 : 4) &&
    /^[1-9][0-9]{0,11}$/.test(expires ?? "");
  if (!sound || key === undefined || signature === undefined || expires === undefined) return null;
  return { claim: { name, filename, expires, key }, signature };
}

/** Lone surrogates would not survive a URL and control characters have no place in a name. */
function tidyFilename(filename: string): string {
  const tidy = filename.toWellFormed().replace(/\p{Cc}/gu, " ");
  return [...tidy].slice(0, maxFilenameLength).join("");
}

/** Compares in a time that depends on the lengths alone, and those are public. */
function sameText(given: string, expected: string): boolean {
  const a = Buffer.from(given);
  const b = Buffer.from(expected);
  return a.length === b.length && timingSafeEqual(a, b);
}
