/**
 * The rate limits of a call: of its API key, and of the organization that it is for. Answers say where the
 * caller stands by the `RateLimit-Policy` and `RateLimit` fields (draft-ietf-httpapi-ratelimit-headers-10);
 * those must not be in trailers, so gRPC errors say by `RetryInfo` alone when to come again.
 */
import { hash } from "node:crypto";
import { type ContextValues, createContextKey } from "@connectrpc/connect";
import type { Clock } from "../base/clock.ts";
import { ServiceError } from "../generations/failures.ts";
import {
  rateWindowSeconds,
  type ServiceLimits,
  type SharedCounter,
} from "../generations/limits.ts";
import { RateLimit, type Standing } from "./rate-limit.ts";

/** Refused keys that are remembered. */
const mostExceeded = 10_000;

type Policy = "key" | "organization";
/** Where a caller stands with both, as far as it was counted. */
type Standings = Record<Policy, Standing | null>;

/** Where the caller stands, once it was counted. */
const standingsKey = createContextKey<Standings | null>(null, { description: "rate limits" });

const people: Readonly<Record<Policy, string>> = {
  key: "This API key",
  organization: "The organization",
};

export class RateLimits {
  readonly #limits: Readonly<Record<Policy, RateLimit>>;
  readonly #defaults: ServiceLimits;
  /** The keys that were refused, by the SHA-256 of their credentials. */
  readonly #exceeded = new Map<string, string>();

  constructor(ports: { counter: SharedCounter; clock: Clock }, defaults: ServiceLimits) {
    this.#limits = {
      key: new RateLimit(ports, "key:"),
      organization: new RateLimit(ports, "org:"),
    };
    this.#defaults = defaults;
  }

  /**
   * Refuses the credential of a key that has used up its calls, before anyone is asked whose it is: a caller who
   * goes on all the same costs the database nothing. A key that was revoked meanwhile is told so in a minute.
   * @throws ServiceError rate_limit_exceeded
   */
  refuseKnown(credential: string, values: ContextValues): void | Promise<void> {
    if (this.#exceeded.size === 0) return;
    return this.#refuseExceeded(digestOf(credential), values);
  }

  async #refuseExceeded(digest: string, values: ContextValues): Promise<void> {
    const keyId = this.#exceeded.get(digest);
    if (keyId === undefined) return;
    await this.#take("key", keyId, this.#defaults.keyCallsPerMinute, values);
    this.#exceeded.delete(digest);
  }

  /** Counts a call of the key, once, and mostly at once. @throws ServiceError rate_limit_exceeded */
  takeOfKey(keyId: string, credential: string, values: ContextValues): void | Promise<void> {
    if (values.get(standingsKey)?.key != null) return;
    const limit = this.#defaults.keyCallsPerMinute;
    return this.#take("key", keyId, limit, values, () => this.#remember(credential, keyId));
  }

  #remember(credential: string, keyId: string): void {
    if (this.#exceeded.size >= mostExceeded) this.#exceeded.clear();
    this.#exceeded.set(digestOf(credential), keyId);
  }

  /**
   * Counts a call for the organization, mostly at once.
   * @param limit its own, if it has one
   * @throws ServiceError rate_limit_exceeded
   */
  takeOfOrganization(
    organizationId: string,
    limit: number | undefined,
    values: ContextValues,
  ): void | Promise<void> {
    const most = limit ?? this.#defaults.callsPerMinute;
    return this.#take("organization", organizationId, most, values);
  }

  #take(
    policy: Policy,
    id: string,
    limit: number,
    values: ContextValues,
    onExceeded?: () => void,
  ): void | Promise<void> {
    const note = (standing: Standing) => {
      const standings = values.get(standingsKey) ?? { key: null, organization: null };
      standings[policy] = standing;
      values.set(standingsKey, standings);
      if (!standing.isExceeded) return;
      onExceeded?.();
      throw exceeded(policy, standing, values);
    };
    const standing = this.#limits[policy].take(id, limit);
    return standing instanceof Promise ? standing.then(note) : note(standing);
  }
}

function digestOf(credential: string): string {
  return hash("sha256", credential, "base64");
}

function exceeded(policy: Policy, { limit, resetSeconds }: Standing, values: ContextValues) {
  return new ServiceError("rate_limit_exceeded", {
    systemMessage: `${people[policy]} has made its ${limit} calls of this minute; retry after the time given`,
    details: { policy, limit: String(limit), window_seconds: String(rateWindowSeconds) },
    retryAfterSeconds: resetSeconds,
    headers: rateLimitHeaders(values),
  });
}

/** The fields that say where the caller of these values stands; none before it was counted. */
export function rateLimitHeaders(values: ContextValues): Readonly<Record<string, string>> {
  const standings = values.get(standingsKey);
  if (standings === null) return {};
  const { key, organization } = standings;
  const policies = [];
  const limits = [];
  if (key) {
    policies.push(`"key";q=${key.limit};w=${rateWindowSeconds}`);
    limits.push(`"key";r=${key.remaining};t=${key.resetSeconds}`);
  }
  if (organization) {
    policies.push(`"organization";q=${organization.limit};w=${rateWindowSeconds}`);
    limits.push(`"organization";r=${organization.remaining};t=${organization.resetSeconds}`);
  }
  return { "ratelimit-policy": policies.join(", "), ratelimit: limits.join(", ") };
}
