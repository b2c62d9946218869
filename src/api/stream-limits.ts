/**
 * How many streams a caller may have open at once: of one API key, and for one organization. A stream holds
 * memory and a share of the polls of the process that serves it, so each process counts its own, and `n`
 * processes together allow `n` times the limit. A call that waits for its job holds the same, and so has a place
 * while it waits.
 */
import type { ContextValues } from "@connectrpc/connect";
import { ServiceError } from "../generations/failures.ts";
import type { ServiceLimits } from "../generations/limits.ts";
import { callerKey, limitsKey, organizationKey } from "./authorization.ts";

/** A guess when one of the caller's streams may end, in seconds. */
const retryAfterSeconds = 5;

/** Whose a place is. */
interface Owner {
  readonly id: string;
  readonly policy: string;
  readonly most: number;
}

export class StreamLimits {
  readonly #defaults: ServiceLimits;
  /** Open streams, by whose they are; nobody with none. */
  readonly #open = new Map<string, number>();

  constructor(defaults: ServiceLimits) {
    this.#defaults = defaults;
  }

  /**
   * Takes a place for a stream of the caller of these values, who was let in.
   * @returns how to give it back, once
   * @throws ServiceError rate_limit_exceeded
   */
  open(values: ContextValues): () => void {
    const owners = this.#ownersOf(values);
    const full = owners.find(({ id, most }) => this.#openOf(id) >= most);
    if (full !== undefined) throw tooMany(full);
    for (const { id } of owners) this.#open.set(id, this.#openOf(id) + 1);
    return () => {
      for (const { id } of owners) this.#leave(id);
    };
  }

  /** As `open`, but null when there is no place. */
  tryOpen(values: ContextValues): (() => void) | null {
    const isFull = this.#ownersOf(values).some(({ id, most }) => this.#openOf(id) >= most);
    return isFull ? null : this.open(values);
  }

  #ownersOf(values: ContextValues): readonly Owner[] {
    const keyId = values.get(callerKey)?.keyId;
    const organizationId = values.get(organizationKey);
    if (keyId === undefined || organizationId === null) {
      throw new ServiceError("authentication_required");
    }
    const { keyStreams, streams } = this.#defaults;
    const own = values.get(limitsKey).streams;
    return [
      { id: `key ${keyId}`, policy: "key_streams", most: keyStreams },
      { id: `org ${organizationId}`, policy: "organization_streams", most: own ?? streams },
    ];
  }

  #openOf(id: string): number {
    return this.#open.get(id) ?? 0;
  }

  #leave(id: string): void {
    const left = this.#openOf(id) - 1;
    if (left > 0) this.#open.set(id, left);
    else this.#open.delete(id);
  }
}

function tooMany({ policy, most }: Owner): ServiceError {
  return new ServiceError("rate_limit_exceeded", {
    systemMessage: `All ${most} streams that may be open at once are; end one, or retry later`,
    details: { policy, limit: String(most) },
    retryAfterSeconds,
  });
}
